"""Deciding between versions of a document that people labelled without seeing each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from tokapp.errors import NotFound
from tokapp.evaluation.adjudication import Difference, decide, differences, together
from tokapp.store.values import SHARED, WHOLE_TEXT, Edit
from tokapp.ui import access, session
from tokapp.ui.labelling import new_edit, record
from tokapp.ui.ledger import Ledger

if TYPE_CHECKING:
    from tokapp.documents import Span
    from tokapp.store.team_values import BlindRound
    from tokapp.store.values import Labelling, Mark, Version


@dataclass(frozen=True, slots=True)
class Dispute:
    """Everybody's version of a document, the piles that they make, and which of them a reviewer has decided on."""

    versions: tuple[Version, ...]
    piles: tuple[Difference, ...]
    ruled: frozenset[Mark]

    @property
    def contested(self) -> list[Difference]:
        """Where people differ, in reading order."""
        return [one for one in self.piles if one.kind != "agreed"]

    @property
    def left(self) -> list[Difference]:
        """Where people differ and nobody has decided yet."""
        return [one for one in self.contested if not one.keys <= self.ruled]

    @property
    def agreed_to_come(self) -> int:
        """How many spans all agree on that do not count yet."""
        return sum(one.kind == "agreed" and not one.keys <= self.ruled for one in self.piles)

    @property
    def labels(self) -> dict[str, str | None]:
        """What everybody called the whole text."""
        return {one.person: one.document.label for one in self.versions}

    @property
    def asks_label(self) -> bool:
        """Whether people called the whole text differently."""
        return len(set(self.labels.values())) > 1

    @property
    def is_label_left(self) -> bool:
        """Whether nobody has decided yet what to call the whole text."""
        return self.asks_label and WHOLE_TEXT not in self.ruled

    @property
    def questions(self) -> int:
        """How many decisions the document takes."""
        return len(self.contested) + self.asks_label

    @property
    def open_questions(self) -> int:
        """How many decisions are left."""
        return len(self.left) + self.is_label_left


@dataclass(frozen=True, slots=True)
class Case(Dispute):
    """A dispute with what counts so far (`labelling`, of the shared labels)."""

    labelling: Labelling


def case_of(document: int) -> Case:
    """A document with its versions; raises NotFound."""
    store = session.store()
    labelling = store.open_for_labelling(document, layer=SHARED)
    dispute = _dispute(store.versions(document), labelling.ruled)
    return Case(dispute.versions, dispute.piles, labelling.ruled, labelling)


def _dispute(versions: Sequence[Version], ruled: frozenset[Mark]) -> Dispute:
    finished = tuple(one for one in versions if one.status == "labelled")
    piles = differences({one.person: one.document.spans for one in finished})
    return Dispute(finished, tuple(piles), ruled)


def ledger() -> Ledger:
    """What this tab has stored as a reviewer."""
    kept: Ledger = st.session_state.setdefault("review_ledger", Ledger(layer=SHARED))
    return kept


def choose(case: Case, pile: Difference, chosen: Sequence[Span]) -> None:
    """Let these spans count where people differ."""
    spans = decide(case.labelling.document.spans, case.piles, pile, chosen)
    _rule(case, spans, case.labelling.document.label, pile.keys)


def keep(case: Case, pile: Difference) -> None:
    """Let count what stands in the text now."""
    _rule(case, case.labelling.document.spans, case.labelling.document.label, pile.keys)


def choose_label(case: Case, label: str | None) -> None:
    """Let this be what the whole text is called."""
    _rule(case, case.labelling.document.spans, label, {WHOLE_TEXT})


def finish(case: Case) -> None:
    """Make what counts the document's labels, with all that nobody disputes."""
    labelling = case.labelling
    spans, label, ruled = _with_agreed(case, labelling.document.spans, labelling.document.label)
    edit = Edit("adjudicate", spans, label, token=new_edit("adjudicate").token, ruled=tuple(ruled))
    _record(case, edit)
    _record(case_of(labelling.id), new_edit("submit"))


def undo(case: Case) -> None:
    """Take the last decision back."""
    _record(case, new_edit("undo"))


def _rule(case: Case, spans: Sequence[Span], label: str | None, ruled: Iterable[Mark]) -> None:
    spans, label, agreed = _with_agreed(case, spans, label)
    edit = Edit("adjudicate", spans, label, token=new_edit("adjudicate").token, ruled=(*agreed, *ruled))
    _record(case, edit)


def _with_agreed(
    case: Case, spans: Sequence[Span], label: str | None
) -> tuple[tuple[Span, ...], str | None, set[Mark]]:
    """What all agree on comes in with the first decision; taken out later, it stays out.

    With it goes what was the document's label before and nobody marked again.
    """
    before = case.ruled
    if case.labelling.status == "labelled":
        known = {key for one in case.piles for key in one.keys}
        spans = [span for span in spans if span.key in known]
    fresh = [one for one in case.piles if one.kind == "agreed" and not one.keys <= before]
    ruled: set[Mark] = {key for one in fresh for key in one.keys}
    if case.labels and not case.asks_label and WHOLE_TEXT not in before:
        label, ruled = next(iter(case.labels.values())), ruled | {WHOLE_TEXT}
    return together(spans, [span for one in fresh for span in one.everything]), label, ruled


def _record(case: Case, edit: Edit) -> None:
    access.require("review")
    record(session.store(), case.labelling, edit, ledger(), by=session.user_name())


@dataclass(frozen=True, slots=True)
class Waiting:
    """A document that a reviewer has to decide on: how many decisions are left of how many."""

    round: BlindRound
    left: int
    questions: int


def waiting(project_id: int, rounds: Sequence[BlindRound], limit: int) -> list[Waiting]:
    """The documents that all have handed in, those with the most open questions first."""
    ready = {one.document_id: one for one in rounds if one.is_ready and not one.is_decided}
    wanted = list(ready)[:limit]
    versions, ruled = session.store().versions_of(wanted), session.store().ruled(wanted)
    by_document: dict[int, list[Version]] = defaultdict(list)
    for one in versions:
        by_document[one.document_id].append(one)
    disputes = {pk: _dispute(by_document[pk], ruled.get(pk, frozenset())) for pk in wanted}
    found = [Waiting(ready[pk], one.open_questions, one.questions) for pk, one in disputes.items()]
    return sorted(found, key=lambda one: (-one.left, one.round.document_id))


def finish_agreed(documents: Sequence[Waiting]) -> int:
    """Finish every document on which all agree; gives how many."""
    access.require("review")
    agreed = [
        one for one in documents if one.questions == 0 and any(status == "labelled" for _, status in one.round.states)
    ]
    for one in agreed:
        finish(case_of(one.round.document_id))
    return len(agreed)


def find_case(wanted: str, rounds: Sequence[BlindRound]) -> Case | None:
    """The document of the address, if all have handed it in; None for every other one."""
    ready = {str(one.document_id): one for one in rounds if one.is_ready}
    try:
        return case_of(ready[wanted].document_id) if wanted in ready else None
    except NotFound:
        return None
