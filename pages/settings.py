"""Settings of a project: its guidelines."""

import streamlit as st

from tokapp.ui import guidelines, layout, session

with session.guard():
    project = layout.need_project()
    layout.heading("Settings", f"What everybody works by in {project.name}.")
    st.subheader("Guidelines", anchor=False)
    with session.guard():
        guidelines.draw_editor(project)
        guidelines.draw_versions(project)
