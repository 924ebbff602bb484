"""The form for one more label of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from tokapp.errors import BadInput
from tokapp.tasks import Label
from tokapp.ui import access, session
from tokapp.ui.colours import PALETTE
from tokapp.ui.text import escape

if TYPE_CHECKING:
    from tokapp.store import Project


def draw_new_label(project: Project) -> None:
    """Fields for a label, and the button that adds it to the project's task."""
    task = project.task
    count = len(task.span_labels) + len(task.document_labels)
    with (
        st.expander("Add a label", icon=":material/new_label:", key="new_label"),
        st.form(f"label_form_{project.id}_{count}", border=False),  # another name after each, so that it is empty again
    ):
        label, is_of_whole = _draw_fields(task.noun, count)
        st.caption("Today's models suggest the other labels, as before. One that is trained from a backbone learns it.")
        may = access.may("review")
        if st.form_submit_button("Add", key="label_add", type="primary", disabled=not may):
            access.require("review")
            if not label.name:
                raise BadInput("Give the label a name.")
            session.store().add_label(project.id, label, session.user_name(), is_of_whole=is_of_whole)
            st.toast(f"{escape(label.name)} can be marked with now.", icon=":material/new_label:")
            st.rerun()
        st.caption(
            "Models do not know it: those that are there suggest the others as before. Train one from a backbone."
        )


def _draw_fields(noun: str, count: int) -> tuple[Label, bool]:
    name, color, key, meaning, group = st.columns([3, 1, 1, 5, 2], vertical_alignment="bottom")
    label = Label(
        name.text_input("Name", key=f"label_name_{count}", max_chars=60).strip(),
        color.color_picker("Colour", PALETTE[count % len(PALETTE)], key=f"label_color_{count}"),
        key.text_input("Key", key=f"label_key_{count}", max_chars=1).strip().lower(),
        meaning.text_input("What it means", key=f"label_text_{count}", max_chars=500).strip(),
        group.text_input("Group", key=f"label_group_{count}", max_chars=60, placeholder="optional").strip(),
    )
    kinds = ("spans", f"the whole {noun}")
    kind = st.radio("It is for", kinds, key=f"label_kind_{count}", format_func=escape, horizontal=True)
    return label, kind != kinds[0]
