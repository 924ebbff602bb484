"""The document whose reasons are shown: found by the address, with what the model in use says about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from tokapp.ui import access, layout, reasons, session
from tokapp.ui.document_view import draw_passages
from tokapp.ui.text import escape, escape_badge, shorten

if TYPE_CHECKING:
    from tokapp.documents import Document, Prediction
    from tokapp.store import Labelling
    from tokapp.store.values import Project


@dataclass(frozen=True, slots=True)
class Case:
    """A document of a project, and what a model says about it."""

    project: Project
    labelling: Labelling
    model: str
    prediction: Prediction

    @property
    def pk(self) -> int:
        """Its id in the store."""
        return self.labelling.id

    @property
    def document(self) -> Document:
        """With people's labels."""
        return self.labelling.document


def open_case(project: Project, document_id: int, model: str) -> Case:
    """A document as it is explained; one that the model has not read yet is predicted, and that is stored."""
    store = session.store()
    labelling = store.open_for_labelling(document_id, model=model)
    layout.remember(doc=document_id)
    prediction = store.prediction(document_id, model)
    if prediction is None:
        access.require("annotate")
        with st.spinner("Marking spans …"):
            prediction = session.model(model).predict([labelling.document])[0]
        store.add_predictions(project.id, model, [(document_id, prediction)])
    return Case(project, labelling, model, prediction)


def draw_heading(case: Case) -> None:
    """Which document this is, the ways to others and to the Label page, and what stands beside the text."""
    noun = case.project.task.noun
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{escape(noun.capitalize())}** {escape(shorten(case.document.id, 40))}", width="content")
        st.badge(escape_badge(case.model), icon=":material/model_training:", color="violet")
        reasons.draw_steps(case.labelling, case.model, noun)
        link = {"project": str(case.project.id), "doc": str(case.pk)}
        st.page_link("pages/label.py", label="Label it", icon=":material/ink_highlighter:", query_params=link)
    if case.document.question or case.document.contexts:
        with st.expander("Question and passages", icon=":material/menu_book:", key="passages"):
            draw_passages(case.document)
