"""How far everybody is with what they were given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from tokapp.ui import access, session
from tokapp.ui.tables import selected_row
from tokapp.ui.text import count, escape, number, plain, plural

if TYPE_CHECKING:
    from tokapp.store.values import Project


def draw_workloads(project: Project) -> None:
    """A line per person, and the way to take back what still waits for one."""
    nouns = plural(project.task.noun)
    found = session.store().workloads(project.id)
    st.subheader(f"Who was given what in {escape(project.name)}", anchor=False)
    if not found:
        st.caption(f"Nobody yet. Give {escape(nouns)} to people on Documents or Queue.")
        return
    selection = st.dataframe(
        {
            "Name": [plain(one.person) for one in found],
            "Given": [one.given for one in found],
            "Blind": [one.blind for one in found],
            "Done": [one.done for one in found],
            "Left": [one.left for one in found],
            "Progress": [round(100 * one.done / one.given) for one in found],
        },
        column_config={
            "Blind": st.column_config.NumberColumn(help="Labelled without seeing what others mark"),
            "Progress": st.column_config.ProgressColumn(min_value=0, max_value=100, format="%d %%"),
        },
        hide_index=True,
        placeholder="–",
        on_select="rerun",
        selection_mode="single-row",
        key=f"workloads_{project.id}",
        alt="What everybody was given, and how much of it is done",
    )
    place = selected_row(selection)
    if place is None or place >= len(found):
        st.caption(":material/touch_app: Select a row to take back what is left.")
        return
    one = found[place]
    words = f"Take {count(one.left, project.task.noun)} back from {plain(one.person)}"
    if access.button(escape(words), "assign", key="take_back", disabled=one.left == 0):
        session.store().withdraw(project.id, one.person, by=session.user_name())
        st.rerun()


def draw_mine(project: Project) -> None:
    """What the person of this tab was given, in a line; nothing where they were given nothing."""
    mine = next((one for one in session.store().workloads(project.id) if one.person == session.user_name()), None)
    if mine is None:
        return
    nouns = plural(project.task.noun)
    if mine.left:
        said = f"{number(mine.done)} of your {number(mine.given)} {nouns} are done. The others come first."
    else:
        said = f"All {number(mine.given)} {nouns} that you were given are done."
    st.progress(mine.done / mine.given, text=escape(said))
