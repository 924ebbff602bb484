"""Explain: which words made the model decide so, with the error of the estimate."""

import streamlit as st

import tokapp.ui.ready  # noqa: F401
from tokapp.ui import layout, session
from tokapp.ui.explain.one import draw_one
from tokapp.ui.whole_project import draw_whole_project

with session.guard():
    project = layout.need_project()
    layout.heading("Explain", "Which words made the model decide so.")
    promoted = session.store().promoted(project.task.name)
    if promoted is None:
        layout.empty_state("No model yet", "Label some documents and train one: there is nothing to explain before.")
        st.stop()
    draw_whole_project(project, promoted.name)
    draw_one(project, promoted.name)
