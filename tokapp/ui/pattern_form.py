"""The pattern that marks snap to in a project: a regular expression, tried on a text before it is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from tokapp.errors import BadInput
from tokapp.patterns import LONGEST, find_matches
from tokapp.ui import access, session
from tokapp.ui.text import count, escape, shorten

if TYPE_CHECKING:
    from tokapp.store import Project

_SHOWN = 6
_HELP = "For instance `\\d+([.,]\\d+)? ?(EUR|USD)` for sums of money, or `[A-Z]{2,}-\\d+` for ticket numbers."


def draw_pattern(project: Project) -> None:
    """The pattern to change, what it finds in the first text, and the button that stores it."""
    store = session.store()
    now = store.snap_pattern(project.id)
    if not access.may("review"):
        st.markdown(f"`{escape(now)}`" if now else ":gray[There is none.]")
        st.caption(access.refusal("review"))
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        pattern = st.text_input(
            "Regular expression whose matches are marked as a whole",
            now,
            key=f"pattern_{project.id}",
            max_chars=LONGEST,
            help=_HELP,
            width=560,
        )
        if access.button("Save", "review", key="pattern_save", type="primary", disabled=pattern == now):
            store.save_snap_pattern(project.id, pattern, session.user_name())
            st.rerun()
    if pattern:
        _try(project, pattern)
    st.caption("Whoever wants it chooses it on Label, under :material/tune: How marks are made.")


def _try(project: Project, pattern: str) -> None:
    """What the pattern finds in the project's first text, or the sentence that says what is wrong with it."""
    store = session.store()
    first = next(iter(store.document_ids(project.id)), None)
    text = store.load_documents([first])[0][1].text if first is not None else ""
    try:
        found = find_matches(pattern, text)
    except BadInput as error:
        st.warning(escape(str(error)), icon=":material/rule:")
        return
    words = ", ".join(f"“{escape(shorten(text[start:end], 40))}”" for start, end in found[:_SHOWN])
    where = f"in the first {escape(project.task.noun)}"
    st.caption(f"{count(len(found), 'match')} {where}{': ' + words if words else ''}")
