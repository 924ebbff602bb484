"""One document or all of them: the address says which, and a switch changes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import streamlit as st

from tokapp.ui import layout
from tokapp.ui.text import escape, plural

if TYPE_CHECKING:
    from tokapp.store.values import Project

Section: TypeAlias = Literal["one", "all"]
_KEY = "section"


def choose_section(project: Project) -> Section:
    """Draw the switch, and give what is chosen."""
    noun = project.task.noun
    names: dict[Section, str] = {"one": f"One {escape(noun)}", "all": f"All {escape(plural(noun))}"}
    st.session_state[_KEY] = "all" if st.query_params.get("view") == "all" else "one"
    chosen: Section | None = st.segmented_control(
        "Section",
        list(names),
        format_func=names.__getitem__,
        key=_KEY,
        required=True,
        label_visibility="collapsed",
        on_change=_follow,
    )
    return chosen or "one"


def _follow() -> None:
    """Write the choice into the address before the page is drawn by it."""
    layout.remember(view="all" if st.session_state[_KEY] == "all" else None)
