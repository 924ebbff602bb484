"""Review: documents that people labelled without seeing each other, and what shall count where they differ."""

import streamlit as st

import tokapp.ui.ready  # noqa: F401
from tokapp.store import Project
from tokapp.store.team_values import BlindRound
from tokapp.ui import access, layout, review, session
from tokapp.ui.conflict import draw_conflict
from tokapp.ui.deleted_labels import open_task
from tokapp.ui.review_case import draw_question, draw_result, draw_talk, draw_versions, take_in
from tokapp.ui.tables import selected_row
from tokapp.ui.text import count, escape, number, plain, plural, shorten

SHOWN = 200


def draw_counts(rounds: list[BlindRound]) -> None:
    """How many documents wait for people, for a reviewer, and for nobody any more."""
    columns = st.columns(3)
    columns[0].metric("Still being labelled", number(sum(not one.is_ready for one in rounds)), border=True)
    waiting = sum(one.is_ready and not one.is_decided for one in rounds)
    columns[1].metric("To decide", number(waiting), border=True)
    columns[2].metric("Decided", number(sum(one.is_decided for one in rounds)), border=True)


def draw_list(project: Project, rounds: list[BlindRound]) -> None:
    """The documents that wait for a decision; a click opens one."""
    found = review.waiting(project.id, rounds, SHOWN)
    noun = project.task.noun
    if not found:
        layout.empty_state(
            "Nothing to decide now",
            f"A {noun} comes here when everybody who labels it without seeing the others has handed it in.",
            icon="gavel",
        )
        return
    agreed = sum(one.questions == 0 for one in found)
    with st.container(horizontal=True, vertical_alignment="center"):
        if access.button("Begin", "review", key="begin", type="primary", icon=":material/play_arrow:"):
            open_document(found[0].round.document_id)
        words = f"Accept {count(agreed, noun)} on which all agree"
        if agreed and access.button(escape(words), "review", key="accept_agreed", icon=":material/handshake:"):
            review.finish_agreed(found)
            st.rerun()
    selection = st.dataframe(
        {
            noun.capitalize(): [shorten(one.round.preview, 120) for one in found],
            "People": [plain(", ".join(name for name, _ in one.round.states)) for one in found],
            "Differences": [one.questions for one in found],
            "Left": [one.left for one in found],
        },
        hide_index=True,
        placeholder="–",
        on_select="rerun",
        selection_mode="single-row",
        key=f"review_{project.id}",
        alt="Documents to decide on",
    )
    place = selected_row(selection)
    if place is not None and place < len(found):
        open_document(found[place].round.document_id)
    st.caption(":material/touch_app: Select a row to open it. Most differences first.")


def open_document(document: int | None) -> None:
    """Show a document, or the list."""
    st.session_state.pop("_question", None)
    layout.remember(doc=document)
    st.rerun()


def draw_case(project: Project, case: review.Case, rounds: list[BlindRound]) -> None:
    """One document: its bar, the question at hand, what counts, and all versions."""
    following = [one for one in rounds if one.is_ready and not one.is_decided and one.document_id != case.labelling.id]
    is_decided = any(one.is_decided for one in rounds if one.document_id == case.labelling.id)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        if st.button("All documents", key="back", icon=":material/arrow_back:", type="tertiary"):
            open_document(None)
        done = case.questions - case.open_questions
        st.markdown(f"{done} of {count(case.questions, 'difference')} decided", width="content")
        with st.container(horizontal=True, width="content", gap="small"):
            can = case.labelling.can_undo
            if access.button("Undo", "review", key="undo", disabled=not can, shortcut="U", icon=":material/undo:"):
                review.undo(case)
                st.rerun()
            ready = case.open_questions == 0 and not is_decided
            if access.button("Done", "review", key="done", type="primary", disabled=not ready, shortcut="D"):
                review.finish(case)
                open_document(following[0].document_id if following else None)
    if is_decided:
        st.success("Decided. Undo takes it back.", icon=":material/gavel:")
    else:
        draw_question(case)
    draw_result(case, open_task(project), review.ledger())
    draw_talk(case, project.task.noun)
    draw_versions(case, project.task)


with session.guard():
    project = layout.need_project()
    noun = plural(project.task.noun)
    layout.heading("Review", f"{noun.capitalize()} that people labelled without seeing each other. {project.name}.")
    take_in()
    rounds = session.store().blind_rounds(project.id)
    wanted = st.query_params.get("doc", "")
    case = review.find_case(wanted, rounds) if wanted else None
    if not rounds:
        layout.empty_state(
            "Nothing was given to two people yet",
            f"Give {noun} to two or more people on Documents. Each labels without seeing the others.",
            icon="gavel",
        )
    elif case is None:
        if wanted:
            st.warning("This document is not ready to be decided. Here are those that are.", icon=":material/link_off:")
        draw_counts(rounds)
        draw_list(project, rounds)
    else:
        draw_conflict(case.labelling, project.task, review.ledger(), by=session.user_name())
        draw_case(project, case, rounds)
