"""From one document to another, and the verdict on a whole document."""

from __future__ import annotations

import streamlit as st

from tokapp.store import Labelling, Verb
from tokapp.ui import access, session
from tokapp.ui.labelling import new_edit, record
from tokapp.ui.layout import remember
from tokapp.ui.ledger import Ledger
from tokapp.ui.queue import next_document


def go_to(document: int) -> None:
    """Show another document."""
    remember(doc=document)
    st.rerun()


def go_on(document: int) -> None:
    """Show the next document of the queue; after the last one say that all is done, and stay."""
    following = next_document(session.store().open_for_labelling(document).project_id, after=document)
    if following is not None:
        go_to(following)
    st.toast("Nothing is left to label in this project.", icon=":material/celebration:")


def draw_buttons(labelling: Labelling, noun: str, ledger: Ledger) -> None:
    """Previous and next in reading order; skip and done go on to what is left to label."""
    with st.container(horizontal=True, width="content", gap="small"):
        _draw_steps(labelling)
        _draw_verdicts(labelling, noun, ledger)


def _draw_steps(labelling: Labelling) -> None:
    before, after = session.store().neighbours(labelling.id)
    if (
        st.button("Previous", key="previous", icon=":material/arrow_back:", disabled=before is None)
        and before is not None
    ):
        go_to(before)
    if st.button("Next", key="next", icon=":material/arrow_forward:", disabled=after is None) and after is not None:
        go_to(after)


def _draw_verdicts(labelling: Labelling, noun: str, ledger: Ledger) -> None:
    is_closed = bool(session.store().seat(labelling.id, session.user_name()).closed)
    if labelling.status in ("labelled", "skipped"):
        if access.button(
            "Reopen", "annotate", key="reopen", disabled=is_closed, help=f"Take this {noun} back into work"
        ):
            _finish(labelling, "reopen", ledger)
    elif access.button("Skip", "annotate", key="skip", disabled=is_closed, help=f"Leave this {noun} out"):
        _finish(labelling, "skip", ledger)
    if access.button(
        "Done",
        "annotate",
        key="done",
        type="primary",
        disabled=is_closed,
        icon=":material/check:",
        help="Ctrl Enter in the text does the same",
    ):
        _finish(labelling, "submit", ledger)


def _finish(labelling: Labelling, verb: Verb, ledger: Ledger) -> None:
    record(session.store(), labelling, new_edit(verb), ledger, by=session.user_name())
    if verb != "reopen":
        go_on(labelling.id)
    st.rerun()
