"""The label of a whole document on the Label page: drawn, and stored when a person clicks another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from tokapp.errors import StaleRevision
from tokapp.ui import access, session
from tokapp.ui.labelling import new_edit, record
from tokapp.ui.seat import open_mine
from tokapp.ui.text import escape, percent

if TYPE_CHECKING:
    from tokapp.store import Labelling
    from tokapp.tasks import Task
    from tokapp.ui.ledger import Ledger


def draw_whole_label(labelling: Labelling, task: Task, ledger: Ledger) -> Labelling:
    """A row of choices, after storing the one that was clicked since the last run; the document as it is then."""
    key = f"document_label_{labelling.id}"
    labelling = _store_click(labelling, key, ledger)
    _draw_choices(labelling, task, key)
    return labelling


def _store_click(labelling: Labelling, key: str, ledger: Ledger) -> Labelling:
    if st.session_state.pop("label_clicked", None) != labelling.id:
        return labelling
    access.require("annotate")
    edit = new_edit("set_label", label=st.session_state.get(key))
    try:
        return record(session.store(), labelling, edit, ledger, by=session.user_name())
    except StaleRevision as error:
        st.warning(f"The label was not stored: {error}", icon=":material/sync_problem:")
        return open_mine(labelling.id)


def _draw_choices(labelling: Labelling, task: Task, key: str) -> None:
    """The suggested one says so until somebody has chosen."""
    chosen = labelling.document.label
    gone = [chosen] if chosen is not None and chosen not in task.document_names else []
    st.session_state[key] = chosen
    st.segmented_control(
        f"The whole {escape(task.noun)} is",
        [*task.document_names, *gone],
        key=key,
        format_func=lambda name: f"{escape(name)} (deleted)" if name in gone else _with_suggestion(name, labelling),
        on_change=_mark_click,
        args=(labelling.id,),
        help="\n".join(f"- **{escape(one.name)}**: {escape(one.description)}" for one in task.document_labels),
    )


def _mark_click(document: int) -> None:
    """Remember that a document label was clicked; it is stored after what the editor has sent."""
    st.session_state["label_clicked"] = document


def _with_suggestion(name: str, labelling: Labelling) -> str:
    score = labelling.document_scores.get(name)
    if name != labelling.suggested_label or score is None:
        return escape(name)
    return f"{escape(name)} :small[:gray[suggested {percent(score)}]]"
