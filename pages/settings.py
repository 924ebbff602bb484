"""Settings of a project: its guidelines, and the pattern that marks snap to."""

import streamlit as st

from tokapp.ui import guidelines, layout, pattern_form, session

with session.guard():
    project = layout.need_project()
    layout.heading("Settings", f"What everybody works by in {project.name}.")
    st.subheader("Guidelines", anchor=False)
    with session.guard():
        guidelines.draw_editor(project)
        guidelines.draw_versions(project)
    st.subheader("Pattern that marks snap to", anchor=False)
    with session.guard():
        pattern_form.draw_pattern(project)
