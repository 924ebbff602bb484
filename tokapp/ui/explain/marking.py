"""Marking reasons: people say which words are evidence for a decision and which are not; every mark is kept at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from tokapp.errors import BadInput, StaleRevision
from tokapp.reasons import reasons_about
from tokapp.ui import access, session
from tokapp.ui.attribution_view import Kind, Mark, attribution_view, sent_act, tones_of, words_of
from tokapp.ui.explain.acts import edit_of, read_act
from tokapp.ui.text import count, escape, plain

if TYPE_CHECKING:
    from tokapp.documents import Attribution, Reason, Target
    from tokapp.store import Labelling
    from tokapp.ui.explain.case import Case

_MARKING = ("mark_reasons", "clear_reasons")


@st.fragment
def draw_marking(case: Case, attribution: Attribution) -> None:
    """The coloured text, in which words can be marked as evidence for the decision or as none."""
    with session.guard():
        store, person, key = session.store(), session.user_name(), f"marking_{case.pk}"
        labelling, seat = store.open_for(case.pk, person)
        asked = st.session_state.pop(f"{key}_asked", None)
        if asked is not None:
            labelling = _follow(labelling, attribution, asked, closed=seat.closed)

        def keep() -> None:
            st.session_state[f"{key}_asked"] = sent_act(key)

        may = access.may("annotate") and not seat.closed
        reasons = reasons_about(labelling.document.reasons, attribution.target)
        words = words_of(attribution)
        with st.container(border=True):
            attribution_view(
                labelling.document.text,
                tones_of(words),
                [*_chosen(attribution.target), *_marks(reasons)],
                key=key,
                mode="mark",
                summary=_summary(reasons, attribution.target),
                scale=("against", "for"),
                disabled=not may,
                can_undo=store.undoes(case.pk, labelling.layer) in _MARKING,
                on_act=keep,
            )
        _draw_state(reasons, closed=seat.closed)


def _follow(labelling: Labelling, attribution: Attribution, asked: object, *, closed: str) -> Labelling:
    """Store what was asked for; the document as it is then."""
    access.require("annotate")
    if closed:
        raise BadInput(closed)
    store = session.store()
    act, ranges = read_act(asked, attribution.words)
    if act == "undo" and store.undoes(labelling.id, labelling.layer) not in _MARKING:
        return labelling
    try:
        edit = edit_of(act, ranges, attribution.target)
        return store.record(labelling.id, labelling.revision, session.user_name(), edit, layer=labelling.layer)
    except StaleRevision:
        st.toast("Somebody else changed this at the same moment. Mark it again.", icon=":material/sync_problem:")
        return store.open_for_labelling(labelling.id, layer=labelling.layer)


def _chosen(target: Target) -> list[Mark]:
    return [Mark("chosen", target.start, target.end, plain(target.label), "chosen")] if target.has_place else []


def _marks(reasons: Sequence[Reason]) -> list[Mark]:
    return [
        Mark(f"reason{place}", one.start, one.end, "evidence" if one.is_evidence else "no evidence", _kind(one))
        for place, one in enumerate(reasons)
    ]


def _kind(reason: Reason) -> Kind:
    return "evidence" if reason.is_evidence else "none"


def _summary(reasons: Sequence[Reason], target: Target) -> str:
    return f"Text in which {_counted(reasons)} marked for {plain(target.label)}."


def _counted(reasons: Sequence[Reason]) -> str:
    right = sum(one.is_evidence for one in reasons)
    return f"{count(right, 'piece')} as evidence and {count(len(reasons) - right, 'piece')} as none"


def _draw_state(reasons: Sequence[Reason], *, closed: str) -> None:
    if closed:
        st.info(escape(closed), icon=":material/lock:")
    elif not access.may("annotate"):
        st.caption(escape(access.refusal("annotate")))
    elif not reasons:
        st.caption("Click words, or drag over them, then say what they are. A training can learn from it.")
    else:
        people = ", ".join(sorted({one.by for one in reasons if one.by}))
        st.caption(escape(f"Marked: {_counted(reasons)}{f', by {people}' if people else ''}."))
