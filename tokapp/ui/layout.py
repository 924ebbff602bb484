"""What all pages look like: the heading, the empty state, the project a page needs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from tokapp.ui import session
from tokapp.ui.text import escape

if TYPE_CHECKING:
    from tokapp.store.values import Project


_STATIC = Path(__file__).parent / "static"


def configure(title: str) -> None:
    """Title, icon and width of the browser page, and the logo above the menu."""
    st.set_page_config(page_title=f"{title} · tokapp", page_icon=str(_STATIC / "icon.svg"), layout="wide")
    session.enter_app()
    st.logo(str(_STATIC / "logo.svg"), icon_image=str(_STATIC / "icon.svg"), size="large")
    st.html(_STATIC / "app.css")


def heading(title: str, explanation: str = "") -> None:
    """The page's title with one line that says what the page is for."""
    st.title(escape(title), anchor=False)
    if explanation:
        st.caption(escape(explanation))


def empty_state(title: str, advice: str, *, icon: str = "inbox") -> None:
    """A quiet box in place of missing content: what is missing, and what to do."""
    with st.container(border=True, horizontal_alignment="center", gap="xsmall"):
        st.space("small")
        st.markdown(f"### :gray[:material/{icon}:]", width="content")
        st.markdown(f"**{escape(title)}**", width="content")
        st.caption(escape(advice), width="content", text_alignment="center")
        st.space("small")


def need_project() -> Project:
    """The current project; without any, a box that leads to Home, and the page ends there."""
    project = session.current_project()
    if project is None:
        empty_state("There is no project yet", "Create one on Home, then come back.", icon="folder_off")
        st.page_link("pages/home.py", label="Go to Home", icon=":material/home:")
        st.stop()
    return project


def remember(**parameters: str | int | None) -> None:
    """Write what the page shows into the address, so that the link can be shared; None removes a parameter."""
    for name, value in parameters.items():
        if value is None:
            if name in st.query_params:
                del st.query_params[name]
        elif st.query_params.get(name) != str(value):
            st.query_params[name] = str(value)
