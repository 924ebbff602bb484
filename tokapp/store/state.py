"""What people said about a document, derived from its events: pure functions, no database.

An event carries a difference: `before` is what it takes away, `after` what it puts in, each with any of `spans`,
`settled` (suggestions that have been decided on), `ruled` (differences between people that a reviewer has decided on),
`reasons`, `label` and `status`. Undo is the same event turned round.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, cast

from tokapp.documents import Json, Reason, Span
from tokapp.store.values import Event, Mark, Status, Verb

Key: TypeAlias = Mark
Change: TypeAlias = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class State:
    """A document's labels at a revision; `undo` and `redo` are stacks of the revisions to undo and to redo."""

    revision: int = 0
    status: Status = "new"
    label: str | None = None
    spans: tuple[Span, ...] = ()
    settled: frozenset[Key] = frozenset()
    undo: tuple[int, ...] = ()
    redo: tuple[int, ...] = ()
    ruled: frozenset[Key] = frozenset()
    reasons: tuple[Reason, ...] = ()

    @property
    def labels(self) -> set[str]:
        """Every label that people gave, to spans or to the whole document."""
        return {span.label for span in self.spans} | ({self.label} if self.label is not None else set())


def replay(events: Iterable[Event], *, until: int | None = None) -> State:
    """The state that events (in order of revision) lead to, at revision `until` or at the end."""
    state = State()
    for event in events:
        if until is not None and event.revision > until:
            break
        state = advance(state, event)
    return state


def advance(state: State, event: Event) -> State:
    """The state after one more event as it was stored."""
    return follow(state, event.verb, _change(event.before), _change(event.after))


def follow(state: State, verb: Verb, before: Change, after: Change) -> State:
    """The state after one more event."""
    revision = state.revision + 1
    changed = replace(
        state,
        revision=revision,
        spans=_with_spans(state.spans, before, after),
        settled=(state.settled - _keys(before, "settled")) | _keys(after, "settled"),
        ruled=(state.ruled - _keys(before, "ruled")) | _keys(after, "ruled"),
        reasons=_with_reasons(state.reasons, before, after),
        label=_text(after["label"]) if "label" in after else state.label,
        status=cast(Status, after["status"]) if "status" in after else state.status,
    )
    undo, redo = _stacks(state, verb, revision)
    return replace(changed, undo=undo, redo=redo)


def _stacks(state: State, verb: Verb, revision: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    if verb == "import":
        return state.undo, state.redo
    if verb == "undo":
        return state.undo[:-1], (*state.redo, state.undo[-1])
    if verb == "redo":
        return (*state.undo, state.redo[-1]), state.redo[:-1]
    return (*state.undo, revision), ()


def _with_spans(spans: Sequence[Span], before: Change, after: Change) -> tuple[Span, ...]:
    kept = {span.identity: span for span in spans}
    for span in read_spans(before.get("spans")):
        kept.pop(span.identity, None)
    for span in read_spans(after.get("spans")):
        kept[span.identity] = replace(span, score=None)
    return tuple(sorted(kept.values()))


def _with_reasons(reasons: Sequence[Reason], before: Change, after: Change) -> tuple[Reason, ...]:
    gone = set(read_reasons(before.get("reasons")))
    kept = [*(one for one in reasons if one not in gone), *read_reasons(after.get("reasons"))]
    return tuple(sorted(kept, key=lambda one: one.order))


def _keys(change: Change, field: str) -> frozenset[Key]:
    return frozenset(read_keys(change.get(field)))


def read_keys(value: Json) -> list[Key]:
    """Span keys from their JSON form [[start, end, label], ...]."""
    return [(int(key[0]), int(key[1]), str(key[2])) for key in cast(Sequence[Any], value or ())]


def write_keys(keys: Iterable[Key]) -> list[Json]:
    """The JSON form of span keys, sorted."""
    return [list(key) for key in sorted(keys)]


def read_spans(value: Json) -> list[Span]:
    """Spans from their JSON form [[start, end, label, origin, score?, group?, agreement?], ...]."""
    return [_span(*row) for row in cast(Sequence[Any], value or ())]


def _span(
    start: Any, end: Any, label: Any, origin: Any, score: Any = None, group: Any = "", agreement: Any = None
) -> Span:
    shares = [None if share is None else float(share) for share in (score, agreement)]
    return Span(int(start), int(end), str(label), shares[0], str(origin), str(group), shares[1])


def write_spans(spans: Iterable[Span]) -> list[Json]:
    """The JSON form of spans; score, group and agreement are left out where there are none."""
    return [_row(span) for span in spans]


def _row(span: Span) -> list[Json]:
    row: list[Json] = [span.start, span.end, span.label, span.origin]
    score = None if span.score is None else round(float(span.score), 6)
    if span.agreement is not None:
        return [*row, score, span.group, round(float(span.agreement), 6)]
    if span.group:
        return [*row, score, span.group]
    return row if score is None else [*row, score]


def read_reasons(value: Json) -> list[Reason]:
    """Reasons from their JSON form [[start, end, label, is evidence, [start, end] of the span or null, by], ...]."""
    return [_reason(*row) for row in cast(Sequence[Any], value or ())]


def _reason(start: Any, end: Any, label: Any, is_evidence: Any, span: Any, by: Any) -> Reason:
    anchor = None if span is None else (int(span[0]), int(span[1]))
    return Reason(int(start), int(end), str(label), bool(is_evidence), anchor, str(by))


def write_reasons(reasons: Iterable[Reason]) -> list[Json]:
    """The JSON form of reasons."""
    return [[r.start, r.end, r.label, r.is_evidence, None if r.span is None else list(r.span), r.by] for r in reasons]


def _change(value: Json) -> Change:
    return cast(Change, value or {})


def _text(value: Json) -> str | None:
    return None if value is None else str(value)
