"""Suggestions: what people made of them, whether sure ones are accepted more often, and planted checks."""

import streamlit as st

import tokapp.ui.ready  # noqa: F401
from tokapp.store import Project
from tokapp.ui import access, layout, outcomes, session
from tokapp.ui.text import plural


@st.fragment(run_every="20s")
def draw_ledger(project: Project) -> None:
    """Everything that is decided by now; what others decide appears by itself."""
    with session.guard(), st.container(key="ledger"):
        found = outcomes.decisions_of(project)
        own = [one for one in found if not one.planted]
        if not own:
            layout.empty_state(
                "Nobody has decided on a suggestion yet",
                f"Predict the {plural(project.task.noun)} on Documents, then accept, edit or reject on Label.",
                icon="fact_check",
            )
        else:
            chosen = outcomes.draw_choices(own, project)
            outcomes.draw_overall(chosen)
            outcomes.draw_reliability(chosen)
            outcomes.draw_groups(chosen)
            st.caption(outcomes.say_rules(project.task))
        if access.may("review"):
            outcomes.draw_checks(found, project.task.noun)


with session.guard():
    project = layout.need_project()
    layout.heading("Suggestions", f"What people made of the model's suggestions in {project.name}.")
    draw_ledger(project)
