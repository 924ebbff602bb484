"""Train: make a better model from the labels so far; the worker does it, and this page looks on."""

import streamlit as st

import tokapp.ui.ready  # noqa: F401
from tokapp.store.values import JobRow
from tokapp.ui import access, checks, deleted_labels, layout, session
from tokapp.ui.charts import learning_curve
from tokapp.ui.progress import is_open, open_job, show_job, waiting_reason
from tokapp.ui.recipe_file import draw_recipe
from tokapp.ui.tables import job_frame
from tokapp.ui.text import escape, number, plural
from tokapp.ui.training_form import draw_form, labelled_counts, missing, problem
from tokapp.ui.training_outcome import draw_steps
from tokapp.ui.training_rules import draw_rules
from tokapp.ui.worth import draw_worth

_NAMES = {"train": "learning", "validation": "validation", "test": "test"}


def draw_curves(job: JobRow) -> None:
    """Loss and validation F1 so far, side by side; the way to the model when it is done."""
    columns = st.columns(2)
    for column, key, title in ((columns[0], "loss", "Loss"), (columns[1], "validation_f1", "Validation F1")):
        figure = learning_curve(job.curves, key, title)
        if figure is None:
            column.caption(f"{title}: no value yet" if is_open(job) else "")
        else:
            column.plotly_chart(figure, key=f"curve_{key}_{job.id}", config={"displayModeBar": False}, alt=title)
    if job.state == "done":
        draw_steps(project, job)
        st.page_link("pages/models.py", label="Compare it with the model in use", icon=":material/compare_arrows:")


with session.guard():
    project = layout.need_project()
    store = session.store()
    labelled = f"{plural(project.task.noun)} that people labelled"
    layout.heading("Train", f"A better model from the {labelled}.")
    counts = labelled_counts(project)
    for column, (split, value) in zip(st.columns(3), counts.items(), strict=True):
        helps = {
            "train": "The model learns from these.",
            "validation": "They tell which epoch was the best.",
            "test": "No model learns from these; they only tell how good it is.",
        }
        column.metric(f"Labelled, for {_NAMES[split]}", number(value), help=helps[split], border=True)
    checks.draw_standing(project)
    deleted_labels.draw_choice(project, of="training")
    running = open_job(project.id, "train")
    past = store.jobs(project.id, "train", limit=20)
    draw_rules(project, past)
    if running is not None:
        show_job(running, extra=draw_curves)
        st.caption("You can close this page; the worker goes on.")
    else:
        reason = missing(project, counts)
        if reason:
            layout.empty_state("Not enough labels yet", reason, icon="edit_note")
            link = {"project": str(project.id)}
            st.page_link("pages/label.py", label="Go to Label", icon=":material/ink_highlighter:", query_params=link)
            st.stop()
        request, wrong = draw_recipe(draw_form(project, counts)), problem(project, counts)
        if wrong:
            st.error(escape(wrong), icon=":material/error:")
        if not any(worker.is_alive for worker in store.workers()):
            st.warning(escape(waiting_reason()), icon=":material/warning:")
        icon = ":material/play_arrow:"
        is_asked = access.button(
            "Start training", "train", key="start", type="primary", icon=icon, disabled=request is None or bool(wrong)
        )
        if is_asked and request is not None:
            store.enqueue("train", project_id=project.id, payload=request.payload)
            st.rerun()
        draw_worth(project)
        if past:
            st.subheader("Last training", anchor=False)
            show_job(past[0], extra=draw_curves)
    if len(past) > 1:
        st.subheader("Earlier trainings", anchor=False)
        st.dataframe(job_frame(past[1:]), hide_index=True, key="past", alt="Earlier trainings")
