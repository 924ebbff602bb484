"""Check reasons: how good the model's explanations are, and whether reasons in words match its decisions."""

import streamlit as st

import tokapp.ui.ready  # noqa: F401
from tokapp.ui import layout, session
from tokapp.ui.judge.form import draw_form
from tokapp.ui.judge.results import draw_results
from tokapp.ui.progress import is_open, show_job

with session.guard():
    project = layout.need_project()
    layout.heading("Check reasons", "How far the explanations can be trusted, and whether reasons in words match them.")
    promoted = session.store().promoted(project.task.name)
    if promoted is None:
        layout.empty_state("No model yet", "Label some documents and train one: there is nothing to check before.")
        st.stop()
    jobs = session.store().jobs(project.id, "judge", limit=20)
    if jobs and is_open(jobs[0]):
        show_job(jobs[0])
    else:
        draw_form(project, promoted.name)
        if jobs and jobs[0].state != "done":
            show_job(jobs[0])
    done = [job for job in jobs if job.state == "done"]
    if done:
        draw_results(project, done)
    elif not jobs:
        layout.empty_state("Nothing is checked yet", "Choose how many, then press Check.", icon="rule")
