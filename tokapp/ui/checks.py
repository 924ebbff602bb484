"""Planted checks on the screen: how many there are to be, that there may be some, and what they keep out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from tokapp.ui import access, session
from tokapp.ui.outcomes import say_standing
from tokapp.ui.text import ago, escape, percent, plural

if TYPE_CHECKING:
    from tokapp.store import Project

_MOST = 10


def draw_share(project: Project) -> None:
    """The share of documents in which a wrong suggestion is planted; who chose it and when."""
    noun = plural(project.task.noun)
    st.caption(
        "To see whether people look before they accept, a wrong suggestion can be planted in a small share of the "
        f"{escape(noun)}: another label, an edge a word off, or a word that nobody suggested. It is marked as planted "
        "in everything that is stored, and never exported or trained on. People are told that checks may be planted, "
        "not where."
    )
    store = session.store()
    now = store.check_share(project.id)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.slider(
            f"Share of {escape(noun)} with a check, in %",
            0,
            _MOST,
            round(100 * now.share),
            key=f"check_share_{project.id}_{now.share}",
            width=320,
            disabled=not access.may("review"),
        )
        same = chosen == round(100 * now.share)
        if access.button("Set", "review", key="check_set", disabled=same):
            store.choose_check_share(project.id, chosen / 100, session.user_name())
            st.rerun()
    if now.at is not None:
        st.caption(escape(f"Set to {percent(now.share)} by {now.by}, {ago(now.at)}."))
    else:
        st.caption("Off.")


def draw_notice(project: Project) -> None:
    """That checks may be planted, wherever suggestions are decided on; nothing while there are none."""
    if session.store().check_share(project.id).share:
        st.caption(":material/fact_check: Some suggestions may be planted as checks: look before you accept.")


def draw_standing(project: Project) -> None:
    """How many documents planted suggestions keep out of training and export, with a way to them, for reviewers."""
    if not access.may("review"):
        return
    found = session.store().planted_standing(project.id)
    if found:
        st.warning(escape(say_standing(len(found), project.task.noun)), icon=":material/fact_check:")
        st.page_link(
            "pages/label.py",
            label="Go to the first",
            icon=":material/arrow_forward:",
            query_params={"project": str(project.id), "doc": str(found[0])},
        )
