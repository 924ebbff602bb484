"""From one document to another, and the verdict on a whole document."""

from __future__ import annotations

import streamlit as st

from tokapp.errors import NotFound
from tokapp.store import Labelling, Project, Verb
from tokapp.ui import access, session
from tokapp.ui.labelling import new_edit, record
from tokapp.ui.layout import remember
from tokapp.ui.ledger import Ledger
from tokapp.ui.queue import next_document
from tokapp.ui.seat import open_mine


def open_document(project: Project) -> Labelling | None:
    """The document of the address, else the next one to label, else the first; None without documents."""
    store = session.store()
    wanted = st.query_params.get("doc", "")
    if wanted:
        try:
            labelling = open_mine(int(wanted) if wanted.isdecimal() else -1)
        except (NotFound, OverflowError):
            st.warning("There is no such document. Here is the next one to label.", icon=":material/link_off:")
        else:
            if labelling.project_id == project.id:
                return labelling
            session.choose_project(labelling.project_id)
            st.rerun()
    chosen = next_document(project.id) or next(iter(store.document_ids(project.id)), None)
    if chosen is None:
        return None
    remember(doc=chosen)
    return open_mine(chosen)


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
    with st.container(horizontal=True, width="content", gap="xsmall"):
        _draw_steps(labelling, noun)
        _draw_verdicts(labelling, noun, ledger)


def _draw_steps(labelling: Labelling, noun: str) -> None:
    before, after = session.store().neighbours(labelling.id)
    is_first, is_last = before is None, after is None
    if st.button(
        "Previous", key="previous", icon=":material/arrow_back:", disabled=is_first, help=f"The {noun} before"
    ):
        go_to(before or labelling.id)
    if st.button("Next", key="next", icon=":material/arrow_forward:", disabled=is_last, help=f"The {noun} after it"):
        go_to(after or labelling.id)


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
