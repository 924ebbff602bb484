"""A training that leaves somebody's work out, or that of a day, to see what it is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from tokapp.ui import session
from tokapp.ui.text import plain

if TYPE_CHECKING:
    from tokapp.documents import Json
    from tokapp.store.values import Project


def draw_without(project: Project) -> dict[str, Json] | None:
    """What to leave out, as a training job takes it; None for nothing."""
    found = session.store().workers_of(project.id)
    people: list[tuple[str, str]] = [("person", name) for name in found.people]
    days: list[tuple[str, str]] = [("day", day.isoformat()) for day in found.days]
    if len(people) < 2 and len(days) < 2:
        return None
    with st.expander("What if", icon=":material/question_mark:", key=f"what_if_{project.id}"):
        chosen = st.selectbox(
            "Leave out",
            [None, *people, *days],
            key=f"without_{project.id}",
            format_func=lambda one: "nothing" if one is None else f"the work of {plain(one[1])}",
            help="The version says so in its name and card. Compare it with the others on Models.",
        )
    return None if chosen is None else {chosen[0]: chosen[1]}
