"""Whether spans of a project may have several pieces."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from tokapp.ui import access, session
from tokapp.ui.task_form import PIECES

if TYPE_CHECKING:
    from tokapp.store import Project


def draw_pieces(project: Project) -> None:
    """The setting; it cannot be taken back while there are such spans."""
    task = project.task
    wanted = st.toggle(
        "A span may have several pieces",
        task.discontinuous,
        key=f"pieces_{project.id}",
        help=PIECES,
        disabled=not access.may("review"),
    )
    if wanted != task.discontinuous:
        access.require("review")
        session.store().update_task(project.id, replace(task, discontinuous=wanted))
        st.rerun()
