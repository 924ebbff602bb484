"""The sidebar: which project, the menu, who works, and whether the worker is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from tokapp.ui import session, sign_in
from tokapp.ui.text import count, escape, plain

if TYPE_CHECKING:
    from tokapp.store.values import Project, ProjectSummary

_MENU = {
    "": (("home", "Home", "home"), ("documents", "Documents", "description")),
    "Label": (("queue", "Queue", "low_priority"), ("label", "Label", "ink_highlighter"), ("review", "Review", "gavel")),
    "Understand": (
        ("explain", "Explain", "troubleshoot"),
        ("judge", "Check reasons", "rule"),
        ("agreement", "Agreement", "handshake"),
        ("suggestions", "Suggestions", "fact_check"),
    ),
    "Improve": (
        ("train", "Train", "model_training"),
        ("models", "Models", "deployed_code"),
        ("evaluate", "Evaluate", "query_stats"),
        ("export", "Export", "download"),
    ),
    "Administer": (("settings", "Settings", "tune"), ("people", "People", "group")),
}


def draw() -> None:
    """Draw project picker, menu, and the state of the worker."""
    with st.sidebar:
        project = None
        with session.guard():
            project = _draw_picker(session.store().projects())
        with st.container(gap=None, key="menu"):
            _draw_menu({"project": str(project.id)} if project is not None else None)
        with session.guard():
            _draw_worker()
            st.caption(f":material/person: {escape(session.user_name())}")
            sign_in.draw_sign_out()


def _draw_menu(link: dict[str, str] | None) -> None:
    for group, entries in _MENU.items():
        if group:
            st.caption(group)
        for page, title, icon in entries:
            st.page_link(f"pages/{page}.py", label=title, icon=f":material/{icon}:", query_params=link)


def _draw_picker(summaries: list[ProjectSummary]) -> Project | None:
    if not summaries:
        return None
    names = {str(one.project.id): one for one in summaries}
    current = session.current_project()
    if current is not None:
        st.session_state["project_picker"] = str(current.id)
    chosen = st.selectbox(
        "Project",
        list(names),
        key="project_picker",
        format_func=lambda key: plain(names[key].project.name),
        on_change=_follow_picker,
    )
    summary = names[chosen]
    st.caption(escape(f"{summary.project.task.title} · {count(summary.documents, summary.project.task.noun)}"))
    return summary.project


def _follow_picker() -> None:
    for key in ("doc", "span"):  # a document of the former project means nothing in the new one
        if key in st.query_params:
            del st.query_params[key]
    session.choose_project(int(st.session_state["project_picker"]))


@st.fragment(run_every="5s")
def _draw_worker() -> None:
    with session.guard():
        alive = [worker for worker in session.store().workers() if worker.is_alive]
        if alive:
            st.badge(f"Worker ready on {alive[0].device}", icon=":material/check_circle:", color="green")
            return
        st.badge("Worker not running", icon=":material/pause_circle:", color="orange")
        st.caption("Predictions and training wait for it. Start it in a terminal: `tokapp worker`")
