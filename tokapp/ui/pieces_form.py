"""Whether spans of a project may have several pieces."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from tokapp.errors import BadInput
from tokapp.ui import access, session
from tokapp.ui.task_form import PIECES
from tokapp.ui.text import escape

if TYPE_CHECKING:
    from tokapp.store import Project


def draw_pieces(project: Project) -> None:
    """The setting; it cannot be taken back while there are such spans."""
    key = f"pieces_{project.id}"
    if st.session_state.pop("pieces_clicked", None) == project.id:
        _store(project, bool(st.session_state[key]))
    st.session_state[key] = session.store().project(project.id).task.discontinuous
    st.toggle(
        "A span may have several pieces",
        key=key,
        help=PIECES,
        disabled=not access.may("review"),
        on_change=_mark_click,
        args=(project.id,),
    )


def _mark_click(project: int) -> None:
    """What was clicked, not what the toggle shows, is stored: somebody else may have changed the setting meanwhile."""
    st.session_state["pieces_clicked"] = project


def _store(project: Project, wanted: bool) -> None:
    access.require("review")
    try:
        session.store().update_task(project.id, replace(project.task, discontinuous=wanted))
    except BadInput as error:
        st.warning(escape(str(error)), icon=":material/link:")
