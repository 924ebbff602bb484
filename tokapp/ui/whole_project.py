"""Explaining every document of a project: what there is to do, how long it takes, and the job that does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from tokapp.ui import access, session
from tokapp.ui.progress import open_job, show_job
from tokapp.ui.text import count, duration, escape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokapp.store.values import JobRow, Project

_MEASURED = 3
"""How many of the last jobs the time is estimated from."""


def draw_whole_project(project: Project, model: str) -> None:
    """The running explanations, or the button that starts those that are missing."""
    store = session.store()
    running = open_job(project.id, "explain")
    if running is not None:
        show_job(running)
        return
    waiting = store.unexplained_amount(project.id, model)
    if not waiting.documents:
        return
    speed = seconds_per_character(store.jobs(project.id, "explain"))
    parts = [f"{count(waiting.documents, project.task.noun)} without reasons yet"]
    parts += [] if speed is None else [f"about {duration(waiting.characters * speed)}"]
    with st.container(horizontal=True, vertical_alignment="center"):
        icon = ":material/auto_awesome_motion:"
        if access.button("Explain the whole project", "train", key="explain_all", icon=icon):
            store.enqueue("explain", project_id=project.id, payload={"model": model, "everything": True})
            st.rerun()
        st.caption(escape(" · ".join(parts)), width="content")


def seconds_per_character(jobs: Sequence[JobRow]) -> float | None:
    """The mean speed of the last jobs that measured one; None if none did."""
    speeds = [float(speed) for job in jobs if isinstance(speed := job.result.get("speed"), int | float)]
    return sum(speeds[:_MEASURED]) / len(speeds[:_MEASURED]) if speeds else None
