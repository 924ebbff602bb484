"""Settings of a project: guidelines, spans, the pattern that marks snap to, labels, and checks."""

import streamlit as st

import tokapp.ui.ready  # noqa: F401
from tokapp.ui import checks, deleted_labels, guidelines, label_form, layout, pattern_form, pieces_form, session

with session.guard():
    project = layout.need_project()
    layout.heading("Settings", f"What everybody works by in {project.name}.")
    st.subheader("Guidelines", anchor=False)
    with session.guard():
        guidelines.draw_editor(project)
        guidelines.draw_versions(project)
    st.subheader("Spans", anchor=False)
    with session.guard():
        pieces_form.draw_pieces(project)
    st.subheader("Pattern that marks snap to", anchor=False)
    with session.guard():
        pattern_form.draw_pattern(project)
    st.subheader("Labels", anchor=False)
    with session.guard():
        label_form.draw_new_label(project)
    with session.guard():
        deleted_labels.draw_labels(project)
    st.subheader("Planted checks", anchor=False)
    with session.guard():
        checks.draw_share(project)
