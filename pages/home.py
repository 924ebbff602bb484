"""Home: the projects, what to do next in each, what happened lately, and a new project."""

import streamlit as st

import tokapp.ui.ready  # noqa: F401
from tokapp.errors import BadInput
from tokapp.store.values import Activity, ProjectSummary
from tokapp.ui import access, layout, session
from tokapp.ui.next_step import next_step
from tokapp.ui.task_form import choose_task
from tokapp.ui.text import ago, escape, number, plural


def draw_project(summary: ProjectSummary) -> None:
    project = summary.project
    promoted = session.store().promoted(project.task.name)
    waiting = session.store().to_decide(project.id) if access.may("review") else 0
    step = next_step(summary, has_model=promoted is not None, to_decide=waiting)
    with st.container(border=True, key=f"project_{project.id}", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"##### {escape(project.name)}", width="content")
            if project.is_sample:
                st.badge("Sample", color="gray")
        st.caption(escape(project.task.description or project.task.title))
        counts = st.columns(3)
        counts[0].metric(escape(plural(project.task.noun).capitalize()), number(summary.documents))
        counts[1].metric("Labelled", number(summary.labelled))
        counts[2].metric("Predicted", number(summary.predicted))
        if summary.documents:
            st.progress(summary.labelled / summary.documents)
        st.caption(f":material/model_training: Last training: {ago(summary.last_training)}")
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f":material/arrow_forward: {escape(step.sentence)}", width="content")
            if st.button(step.action, key=f"next_{project.id}", icon=f":material/{step.icon}:", type="primary"):
                session.choose_project(project.id)
                st.switch_page(f"pages/{step.page}.py", query_params={"project": str(project.id)})


def draw_activity(activities: list[Activity]) -> None:
    st.subheader("Activity", anchor=False)
    if not activities:
        st.caption("What happens in the projects appears here.")
    for activity in activities:
        with st.container(gap=None):
            st.markdown(escape(activity.text[:1].upper() + activity.text[1:]))
            parts = [part for part in (activity.project, activity.by, ago(activity.at)) if part]
            st.caption(escape(" · ".join(parts)))


def draw_new_project(*, is_open: bool) -> None:
    with st.expander("New project", expanded=is_open, icon=":material/add:", key="new_project"):
        name = st.text_input("Name", key="new_name", max_chars=100, placeholder="App reviews, spring release")
        task, missing = choose_task(name)
        if missing:
            st.caption(escape(missing))
        if access.button("Create project", "import", key="new_create", type="primary", disabled=task is None):
            if not name.strip():
                raise BadInput("Give the project a name.")
            assert task is not None  # the button is disabled without one
            project = session.store().create_project(name.strip(), task)
            session.choose_project(project.id)
            st.switch_page("pages/documents.py", query_params={"project": str(project.id)})


with session.guard():
    summaries = session.store().projects()
    layout.heading("Projects", "Upload texts, see what the model finds and why, correct it, and train a better one.")
    main, side = st.columns([5, 2], gap="large")
    with main:
        if not summaries:
            layout.empty_state("No projects yet", "Create one below, then upload your texts.", icon="folder_open")
        for summary in summaries:
            draw_project(summary)
        with session.guard():
            draw_new_project(is_open=not summaries)
    with side:
        draw_activity(session.store().activity(limit=12))
