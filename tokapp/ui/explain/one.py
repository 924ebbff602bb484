"""One document: a decision about it, and the words that made the model decide so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from tokapp.errors import BadInput, BadSpan, UnknownLabel
from tokapp.ui import layout, reasons
from tokapp.ui.document_search import draw_search
from tokapp.ui.explain.answers import reasons_for
from tokapp.ui.explain.case import draw_heading, open_case
from tokapp.ui.explain.choosing import bases, choose
from tokapp.ui.explain.files import draw_downloads
from tokapp.ui.explain.given import draw_given
from tokapp.ui.explain.panels import draw_panels
from tokapp.ui.explain.reading import draw_text
from tokapp.ui.text import escape, plural

if TYPE_CHECKING:
    from tokapp.store.values import Project


def draw_one(project: Project, model: str) -> None:
    """Draw the document of the address with its reasons."""
    noun = project.task.noun
    document_id = reasons.chosen_document(project, st.query_params.get("doc"))
    if document_id is None:
        layout.empty_state(f"No {plural(noun)} yet", "Upload some on the Documents page.")
        return
    draw_search(project, model)
    case = open_case(project, document_id, model)
    draw_heading(case)
    found = bases(case)
    if not found:
        st.text(case.document.text)
        layout.empty_state(
            "The model marked nothing here", "Choose another one, or mark a span on the Label page and explain it."
        )
        return
    target = choose(case, found)
    try:
        attribution = reasons_for(case, target, found)
    except (BadInput, BadSpan, UnknownLabel) as error:
        st.warning(escape(str(error)), icon=":material/block:")
        return
    if attribution is None:
        st.text(case.document.text)
        return
    left, right = st.columns([11, 9], gap="medium")
    with left:
        draw_text(case, attribution, found)
    with right:
        draw_panels(case, attribution)
        draw_downloads(attribution, case.pk)
    draw_given(case, attribution)
