"""Export: choose what and in which form, see what the form cannot hold, download."""

import streamlit as st

import tokapp.ui.ready  # noqa: F401
from tokapp.ui import access, checks, deleted_labels, layout, session
from tokapp.ui.download import Choice, bundle, draw_beginning, draw_choice, draw_form, draw_losses
from tokapp.ui.text import count, escape, plural

with session.guard():
    project = layout.need_project()
    store = session.store()
    layout.heading("Export", f"Your {plural(project.task.noun)} with the labels that people gave.")
    total = store.count_documents(project.id)
    if total == 0:
        layout.empty_state("Nothing to export yet", "Upload documents first.", icon="download")
        st.page_link("pages/documents.py", label="Go to Documents", icon=":material/description:")
        st.stop()
    choice: Choice = draw_choice(project, draw_form())
    documents = choice.documents(store, project.id)
    checks.draw_standing(project)
    deleted_labels.draw_choice(project, of="export")
    if not documents:
        layout.empty_state(
            "No document fits",
            f"Label some {plural(project.task.noun)} first, or include those that nobody has labelled yet.",
            icon="filter_list_off",
        )
        st.stop()
    spans = sum(len(document.spans) for document in documents)
    st.markdown(f"**{escape(count(len(documents), project.task.noun))}**, {count(spans, 'span')}")
    draw_losses(documents, choice.form)
    if not access.may("export"):
        st.info(access.refusal("export"), icon=":material/lock:")
        st.stop()
    file = bundle(project, choice)
    st.download_button(
        f"Download {escape(file.name)}",
        data=access.checked("export", file.make),
        file_name=file.name,
        mime=file.mime,
        key="download",
        type="primary",
        icon=":material/download:",
        on_click="ignore",
    )
    draw_beginning(documents, choice.form)
