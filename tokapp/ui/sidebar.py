"""The sidebar: which project, who works, and whether the worker is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from tokapp.ui import session
from tokapp.ui.text import count, escape

if TYPE_CHECKING:
    from tokapp.store.values import ProjectSummary


def draw() -> None:
    """Draw the project picker and the state of the worker."""
    with st.sidebar:
        summaries = session.store().projects()
        if summaries:
            _draw_picker(summaries)
        _draw_worker()
        st.caption(f":material/person: {escape(session.user_name())}")


def _draw_picker(summaries: list[ProjectSummary]) -> None:
    names = {str(one.project.id): one for one in summaries}
    current = session.current_project()
    if current is not None:
        st.session_state["project_picker"] = str(current.id)
    st.selectbox(
        "Project",
        list(names),
        key="project_picker",
        format_func=lambda key: names[key].project.name,
        on_change=_follow_picker,
    )
    chosen = names.get(st.session_state["project_picker"])
    if chosen is not None:
        noun = chosen.project.task.noun
        st.caption(f"{escape(chosen.project.task.title)} · {count(chosen.documents, noun)}")


def _follow_picker() -> None:
    for key in ("doc", "span"):  # a document of the former project means nothing in the new one
        if key in st.query_params:
            del st.query_params[key]
    session.choose_project(int(st.session_state["project_picker"]))


@st.fragment(run_every="5s")
def _draw_worker() -> None:
    alive = [worker for worker in session.store().workers() if worker.is_alive]
    if alive:
        st.badge(f"Worker ready · {alive[0].device}", icon=":material/check_circle:", color="green")
        return
    st.badge("Worker not running", icon=":material/pause_circle:", color="orange")
    st.caption("Predictions and training wait until it runs. Start it with `tokapp worker`.")
