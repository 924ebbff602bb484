"""Documents: bring texts in, look through them, and let the model predict."""

import streamlit as st

import tokapp.ui.ready  # noqa: F401
from tokapp.store.values import Project
from tokapp.ui import access, layout, session
from tokapp.ui.document_table import draw_filters, draw_giving_out, draw_table
from tokapp.ui.importing import draw_report
from tokapp.ui.progress import open_job, show_job
from tokapp.ui.text import count, escape, plural
from tokapp.ui.upload import draw_upload


def draw_prediction(project: Project, documents: int) -> None:
    """The running prediction, or the button that starts one if there is something to predict."""
    store = session.store()
    running = open_job(project.id, "predict")
    if running is not None:
        show_job(running)
        return
    model = store.promoted(project.task.name)
    if model is None:
        st.caption(f"No model predicts for {escape(project.task.title)} yet. Label some, then train one.")
        return
    predicted = next(one.predicted for one in store.projects() if one.project.id == project.id)
    waiting = documents - predicted
    if waiting <= 0:
        done = f"The model {model.name} has read all {count(documents, project.task.noun)}."
        st.caption(f":material/done_all: {escape(done)}")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if access.button(
            f"Predict {escape(count(waiting, project.task.noun))}",
            "train",
            key="predict",
            type="primary",
            icon=":material/bolt:",
        ):
            store.enqueue("predict", project_id=project.id, payload={"model": model.name})
            st.rerun()
        st.caption(f"with the model {escape(model.name)}", width="content")


def draw_import(project: Project, *, is_empty: bool) -> bool:
    """The running import, or the way to start one and the report of the last one; whether one runs."""
    running = open_job(project.id, "import")
    if running is not None:
        show_job(running)
        st.caption("You can close this page; the worker goes on.")
        return True
    noun = escape(plural(project.task.noun))
    with st.expander(
        f"Upload {noun}", expanded=is_empty, icon=":material/upload_file:", key=f"upload_box_{project.id}"
    ):
        st.caption("CSV, TSV, XLSX, JSON, JSONL, Parquet, TXT, EML, MBOX, or a ZIP of those.")
        with session.guard():
            draw_upload(project)
    draw_report(project)
    return False


with session.guard():
    project = layout.need_project()
    noun = plural(project.task.noun)
    layout.heading("Documents", f"Bring {noun} in, look through them, and let the model mark them.")
    documents = session.store().count_documents(project.id)
    is_importing = draw_import(project, is_empty=documents == 0)
    if documents == 0 and not is_importing:
        layout.empty_state(
            f"No {noun} yet", "Drop one or more files above. You see how they are read before they go in."
        )
    elif documents:
        draw_prediction(project, documents)
        where, sort = draw_filters(project)
        chosen = draw_table(project, where, sort)
        draw_giving_out(project, where, sort, chosen)
