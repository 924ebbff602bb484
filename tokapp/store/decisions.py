"""The ledger of suggestions: what became of each, derived from the events; nothing is written for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any, cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tokapp.documents import Span
from tokapp.evaluation.decisions import Decision, Outcome
from tokapp.evaluation.planting import MARK
from tokapp.store.labelling import event_value
from tokapp.store.state import Key, read_keys, read_spans
from tokapp.store.tables import DocumentTable, EventTable
from tokapp.store.values import WHOLE_TEXT, Event

_OUTCOMES: Mapping[str, Outcome] = {"accept": "accepted", "reject": "rejected", "relabel": "edited", "move": "edited"}
_LATER: Mapping[str, Outcome] = {"remove": "rejected", "relabel": "edited", "move": "edited"}
_VERBS = ("accept", "reject", "relabel", "move", "remove", "set_label", "undo", "redo", "restore")
_MODEL = "model:"
_BATCH = 2000


def newest_event(session: Session, project_id: int) -> int:
    """The id of a project's last event; 0 if nothing has happened."""
    query = select(func.max(EventTable.id)).join(DocumentTable, DocumentTable.id == EventTable.document_id)
    return session.scalar(query.where(DocumentTable.project_id == project_id)) or 0


def decisions(session: Session, project_id: int) -> list[Decision]:
    """What became of every suggestion that somebody decided on, by document, then by layer."""
    query = (
        select(EventTable)
        .join(DocumentTable, DocumentTable.id == EventTable.document_id)
        .where(DocumentTable.project_id == project_id, EventTable.verb.in_(_VERBS))
        .order_by(EventTable.document_id, EventTable.layer, EventTable.revision)
        .execution_options(yield_per=_BATCH)
    )
    events = (event_value(row) for row in session.scalars(query))
    histories = groupby(events, key=lambda event: (event.document_id, event.layer))
    return [one for _, history in histories for one in decisions_in(history)]


def decisions_in(events: Iterable[Event]) -> Iterator[Decision]:
    """The decisions in the events of one layer of a document (in order of revision), as they stand at the end.

    A decision that was undone does not count. Whoever accepts a span and then changes or removes it has edited or
    rejected it; what others do to it afterwards is not a decision on the suggestion.
    """
    book = _Book()
    for event in events:
        book.enter(event)
    yield from book.standing.values()


_Change = dict[Key, Decision | None]


@dataclass(slots=True)
class _Book:
    """Decisions by the key of their suggestion; `steps` holds what each revision changed, from what to what."""

    standing: dict[Key, Decision] = field(default_factory=dict)
    last: dict[Key, Decision] = field(default_factory=dict)
    steps: dict[int, tuple[_Change, _Change]] = field(default_factory=dict)

    def enter(self, event: Event) -> None:
        """Take one more event in."""
        before, after = _half(event.before), _half(event.after)
        if event.verb == "undo":
            self._put(self.steps.get(int(before.get("undoes", -1)), ({}, {}))[0])
        elif event.verb == "redo":
            self._put(self.steps.get(int(after.get("redoes", -1)), ({}, {}))[1])
        else:
            new = self._restored(before, after) if event.verb == "restore" else self._decided(event, before)
            self.steps[event.revision] = ({key: self.standing.get(key) for key in new}, new)
            self._put(new)

    def _put(self, changes: _Change) -> None:
        for key, decision in changes.items():
            if decision is None:
                self.standing.pop(key, None)
            else:
                self.standing[key] = self.last[key] = decision

    def _restored(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> _Change:
        """Going back takes back what was decided since; going back to a later point brings it again."""
        gone: _Change = dict.fromkeys(read_keys(before.get("settled")))
        come = {key: self.last.get(key) for key in read_keys(after.get("settled"))}
        former = self.last.get(WHOLE_TEXT)
        if former is None or before.get("label") == after.get("label"):
            return gone | come
        return gone | come | {WHOLE_TEXT: _as_called(former, after.get("label"))}

    def _decided(self, event: Event, before: Mapping[str, Any]) -> _Change:
        if event.verb == "set_label":
            return self._called(event, before)
        found: _Change = {}
        for span in read_spans(before.get("suggestions")):
            found[span.key] = _decision(event, span, str(before.get("model") or ""))
        for span in read_spans(before.get("spans")):
            former = self.standing.get(span.key)
            is_own = former is not None and former.outcome == "accepted" and former.by == event.by
            if former is not None and is_own and event.verb in _LATER:
                found[span.key] = replace(former, outcome=_LATER[event.verb], at=event.at)
        return found

    def _called(self, event: Event, before: Mapping[str, Any]) -> _Change:
        """A whole document is called as it was suggested, or otherwise; others who change that decide on nothing."""
        former, suggested = self.standing.get(WHOLE_TEXT), before.get("suggested_label")
        if former is not None and former.by != event.by:
            return {}
        called = _half(event.after).get("label")
        if former is not None:
            return {WHOLE_TEXT: _as_called(replace(former, at=event.at), called)}
        if not suggested or called is None:
            return {}
        label, score = suggested
        decision = Decision(event.document_id, event.by, event.at, str(label), str(before["model"]), score, "accepted")
        return {WHOLE_TEXT: _as_called(decision, called)}


def _as_called(decision: Decision, label: object) -> Decision | None:
    """The decision once the document is called so: nobody has decided where it is called nothing."""
    if label is None:
        return None
    return replace(decision, outcome="accepted" if label == decision.label else "edited")


def _decision(event: Event, span: Span, model: str) -> Decision:
    origin = span.origin
    return Decision(
        document_id=event.document_id,
        by=event.by,
        at=event.at,
        label=span.label,
        model=origin.removeprefix(_MODEL) if origin.startswith(_MODEL) else model,
        score=span.score,
        outcome=_OUTCOMES[event.verb],
        planted=origin.removeprefix(MARK) if origin.startswith(MARK) else "",
    )


def _half(half: object) -> Mapping[str, Any]:
    return cast(Mapping[str, Any], half) if isinstance(half, Mapping) else {}


def own(found: Sequence[Decision]) -> list[Decision]:
    """Those on a model's own suggestions."""
    return [one for one in found if not one.planted]
