"""Label: one document, what a model suggests for it, and what a person says about it."""

from collections.abc import Sequence

import streamlit as st

import tokapp.ui.ready  # noqa: F401
from tokapp.documents import Span
from tokapp.store import Labelling, Project, Thread
from tokapp.ui import access, beside, bulk, checks, comments, deleted_labels, marking, session
from tokapp.ui import labelling as work
from tokapp.ui.conflict import draw_conflict
from tokapp.ui.document_view import draw_headers, draw_heading, draw_passages
from tokapp.ui.history import draw_history
from tokapp.ui.layout import empty_state, need_project
from tokapp.ui.ledger import Ledger
from tokapp.ui.navigation import draw_buttons, go_on, open_document
from tokapp.ui.position import position_of
from tokapp.ui.seat import draw_seat
from tokapp.ui.span_editor import Submission, span_editor, submitted
from tokapp.ui.text import plural
from tokapp.ui.whole_label import draw_whole_label

EDITOR = "label_editor"


def ledger() -> Ledger:
    """What this tab has stored so far."""
    kept: Ledger = st.session_state.setdefault("label_ledger", Ledger())
    return kept


def take_in() -> Submission:
    """Store what the editor has sent; a finished document makes way for the next one."""
    submission = submitted(EDITOR)
    marking.take_in(EDITOR)
    if not access.may("annotate"):
        work.refuse(submission, ledger(), access.refusal("annotate"))
        return submission
    fresh = work.store_submission(session.store(), submission, ledger(), by=session.user_name())
    if any(edit.verb == "submit" for edit in fresh) and submission.document is not None:
        go_on(submission.document)
    return submission


def draw_editor(
    labelling: Labelling,
    project: Project,
    submission: Submission,
    threads: Sequence[Thread],
    places: beside.Places,
    *,
    is_open: bool,
) -> Span | None:
    """The editor, with question and passages beside it where the task has them."""
    task = deleted_labels.open_task(project)
    if places.passages is not None:
        with places.passages:
            draw_passages(labelling.document)
    with places.text:
        draw_headers(labelling.document)
        if task.document_labels:
            labelling = draw_whole_label(labelling, task, ledger())
        if labelling.document.text == "":
            empty_state("This text is empty", "There is nothing to mark. Go on to the next one.", icon="draft")
        may = labelling.model is not None
        return span_editor(
            labelling,
            task,
            key=EDITOR,
            place=session.place(),
            session=ledger().name,
            answers=ledger().answers,
            have=submission.have,
            can_explain=may,
            disabled=not is_open or not access.may("annotate"),
            comments=comments.counts(threads),
            marking=marking.marking_for(labelling, task, key=EDITOR, have=submission.have),
        )


with session.guard():
    project = need_project()
    submission = take_in()
    labelling = open_document(project)
    if labelling is None:
        noun = plural(project.task.noun)
        empty_state(f"No {noun} here yet", "Upload some on Documents, then label them here.", icon="upload_file")
        st.page_link("pages/documents.py", label="Go to Documents", icon=":material/description:")
        st.stop()
    place, total = position_of(session.store(), labelling)
    bar = st.container(key="label_bar", horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
    with bar:
        draw_heading(labelling, project.task, position=place, total=total)
        with st.container(horizontal=True, width="content", gap="xsmall", vertical_alignment="center"):
            threads = beside.draw_switch(project, labelling, EDITOR)
            draw_history(labelling, ledger())
            draw_buttons(labelling, project.task.noun, ledger())
    draw_conflict(labelling, project.task, ledger(), by=session.user_name())
    is_open = draw_seat(labelling)
    bulk.draw_bulk(labelling, project, ledger(), EDITOR)
    places = beside.places(project.task)
    asked = draw_editor(labelling, project, submission, threads, places, is_open=is_open)
    beside.draw_side(places.side, labelling, project, threads)
    checks.draw_notice(project)
    bulk.draw_outcome(labelling, project, ledger())
    if asked is not None:
        span = f"{asked.start}:{asked.end}:{asked.label}"
        where = {"project": str(project.id), "doc": str(labelling.id), "span": span}
        st.switch_page("pages/explain.py", query_params=where)
