"""Explain: which words made the model decide so, of one document or of all."""

import streamlit as st

import tokapp.ui.ready  # noqa: F401
from tokapp.ui import layout, session
from tokapp.ui.explain.one import draw_one
from tokapp.ui.explain.sections import choose_section
from tokapp.ui.explain.whole import draw_whole

with session.guard():
    project = layout.need_project()
    layout.heading("Explain", "Which words made the model decide so.")
    promoted = session.store().promoted(project.task.name)
    if promoted is None:
        layout.empty_state("No model yet", "Label some documents and train one: there is nothing to explain before.")
        st.stop()
    if choose_section(project) == "all":
        draw_whole(project, promoted.name)
    else:
        draw_one(project, promoted.name)
