"""One document on the Review page: the difference at hand, what counts so far, and everybody's version."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from tokapp.documents import wholes
from tokapp.ui import access, comments, marking, review, session
from tokapp.ui import labelling as work
from tokapp.ui.span_editor import span_editor, submitted
from tokapp.ui.text import count, escape, plain, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokapp.documents import Span
    from tokapp.evaluation.adjudication import Difference
    from tokapp.tasks import Task
    from tokapp.ui.ledger import Ledger
    from tokapp.ui.review import Case

EDITOR = "review_editor"
_AROUND = 60
_SIDE_BY_SIDE = 3
_HOW = {
    "only": "{marked} marked this, {others} did not",
    "pieces": "The same words and labels, but not the same spans: some are pieces of one",
    "label": "The same words, under different labels",
    "edge": "The same label, on other words",
    "both": "Other words, and other labels",
}


def take_in() -> Ledger:
    """Store what was changed in the text that counts; handing it in is for when everything is decided."""
    submission, ledger = submitted(EDITOR), review.ledger()
    marking.take_in(EDITOR)
    if not access.may("review"):
        work.refuse(submission, ledger, access.refusal("review"))
    elif any(entry.edit.verb == "submit" for entry in submission.entries):
        work.refuse(submission, ledger, "decide on every difference above, then press Done.")
    else:
        work.store_submission(session.store(), submission, ledger, by=session.user_name())
    return ledger


def draw_question(case: Case) -> None:
    """The difference that is next to decide, with a button for every way to do so."""
    with st.container(border=True, key="question"):
        if case.is_label_left:
            _draw_label(case)
        elif case.left:
            _draw_pile(case, _at_hand(case))
        elif case.questions:
            st.markdown(":material/done_all: Everything is decided. Look at the result below, then press Done.")
        elif case.versions:
            st.markdown(":material/handshake: All agree here. Look at the result below, then press Done.")
        else:
            st.markdown(":material/skip_next: Everybody skipped this. Mark it yourself below, then press Done.")


def _at_hand(case: Case) -> Difference:
    return case.left[int(st.session_state.get("_question", 0)) % len(case.left)]


def _later(place: int) -> None:
    st.session_state["_question"] = place


def _draw_pile(case: Case, pile: Difference) -> None:
    others = [name for name in pile.by if name not in pile.people]
    said = _HOW[pile.kind].format(marked=_and(pile.people), others=_and(others))
    st.markdown(f"**{escape(said)}** :gray[{escape(count(len(case.left), 'difference'))} left]")
    text = case.labelling.document.text
    columns = st.columns(len(pile.by), gap="medium")
    for at, (column, (name, spans)) in enumerate(zip(columns, pile.by.items(), strict=True), 1):
        with column:
            st.caption(escape(name))
            for line in _lines(text, spans, pile):
                st.markdown(line)
            words = f"Take {plain(shorten(name, 30))}'s" if spans else f"Nothing, like {plain(shorten(name, 30))}"
            _choice(words, f"take_{at}", str(at), case, pile, spans)
    with st.container(horizontal=True, gap="small"):
        _choice("Take all", "take_all", "A", case, pile, pile.everything)
        _choice("Take none", "take_none", "N", case, pile, ())
        if access.button("As in the text below", "review", key="take_text", shortcut="E", help=_EDITED):
            review.keep(case, pile)
            st.rerun()
        if len(case.left) > 1:
            place = case.left.index(pile) + 1
            st.button("Later", key="later", shortcut="L", on_click=_later, args=(place,), type="tertiary")


_EDITED = "Mark it your own way in the text below, then press this."


def _choice(words: str, key: str, shortcut: str, case: Case, pile: Difference, spans: Sequence[Span]) -> None:
    if access.button(escape(words), "review", key=key, shortcut=shortcut):
        review.choose(case, pile, spans)
        st.rerun()


def _lines(text: str, spans: Sequence[Span], pile: Difference) -> list[str]:
    """Each span with its pieces, within the words around the difference; those alone where nothing is marked."""
    start, end = max(pile.start - _AROUND, 0), min(pile.end + _AROUND, len(text))
    left, right = "…" if start else "", "…" if end < len(text) else ""
    if not spans:
        return [f":gray[{left}{escape(text[start:end])}{right}]"]
    return [
        f"{left}{_highlight(text, whole, start, end)}{right} :blue-badge[{escape(whole[0].label)}]"
        for whole in wholes(spans)
    ]


def _highlight(text: str, pieces: Sequence[Span], start: int, end: int) -> str:
    """What lies from `start` to `end`, the pieces of one span on a blue ground."""
    shown = ""
    for piece in pieces:
        shown += f"{escape(text[start : piece.start])}:blue-background[{escape(text[piece.start : piece.end])}]"
        start = piece.end
    return shown + escape(text[start:end])


def _draw_label(case: Case) -> None:
    st.markdown("**The whole text is called differently**")
    names = list(dict.fromkeys(case.labels.values()))
    with st.container(horizontal=True, gap="small"):
        for at, label in enumerate(names, 1):
            people = [name for name, called in case.labels.items() if called == label]
            words = f"{label or 'no label'} ({_and(people)})"
            if access.button(escape(plain(words)), "review", key=f"call_{at}", shortcut=str(at)):
                review.choose_label(case, label)
                st.rerun()


def draw_talk(case: Case, noun: str) -> None:
    """What people said about the text while they labelled it; nothing if nobody did."""
    threads = session.store().threads(case.labelling.id, layer=None)
    if not threads:
        return
    waiting = any(not one.is_resolved for one in threads)
    with st.expander(comments.title(threads), expanded=waiting, key=f"talk_{case.labelling.id}"):
        comments.draw_threads(case.labelling, noun, threads)


def draw_result(case: Case, task: Task, ledger: Ledger) -> None:
    """What counts so far, which a reviewer may change by hand."""
    st.markdown("**What counts**")
    if task.document_labels:
        st.caption(f"The whole text: {escape(case.labelling.document.label or 'no label yet')}")
    if case.agreed_to_come:
        words = count(case.agreed_to_come, "span")
        st.caption(
            f":material/handshake: {words} on which all agree will come in with your first decision, or with Done."
        )
    have = submitted(EDITOR).have
    span_editor(
        replace(case.labelling, suggestions=()),
        task,
        key=EDITOR,
        place=f"{session.place()}review",
        session=ledger.name,
        answers=ledger.answers,
        have=have,
        height=260,
        disabled=not access.may("review"),
        can_bulk=False,
        marking=marking.marking_for(case.labelling, task, key=EDITOR, have=have),
    )


def draw_versions(case: Case, task: Task) -> None:
    """Everybody's version in full, side by side."""
    st.markdown("**Everybody's version**")
    for first in range(0, len(case.versions), _SIDE_BY_SIDE):
        part = case.versions[first : first + _SIDE_BY_SIDE]
        for column, version in zip(st.columns(len(part), gap="medium"), part, strict=True):
            with column:
                called = f" · {version.document.label}" if version.document.label else ""
                st.caption(escape(f"{version.person}: {count(len(wholes(version.document.spans)), 'span')}{called}"))
                shown = replace(case.labelling, document=version.document, suggestions=())
                span_editor(shown, task, key=f"version_{version.person}", disabled=True, height=240)


def _and(names: Sequence[str]) -> str:
    return " and ".join(([", ".join(names[:-1])] if names[1:] else []) + list(names[-1:]))
