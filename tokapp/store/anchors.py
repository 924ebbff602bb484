"""Where a span is now that was somewhere at an earlier revision: a pure function over the events since then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tokapp.documents import Json, Span
from tokapp.store.state import read_spans
from tokapp.store.values import Event


def follow_span(span: Span, events: Iterable[Event]) -> tuple[Span, bool]:
    """The span as the events (in order of revision) have moved or relabelled it, and whether it is still there.

    A span that is removed keeps its last place, and is there again when that is undone.
    """
    is_there = True
    for event in events:
        taken, put = _spans(event.before), _spans(event.after)
        keys = {one.key for one in put}
        if span.key in keys:
            is_there = True
        elif span.key in {one.key for one in taken}:
            heir = _heir(span, taken, put)
            span, is_there = (span, False) if heir is None else (heir, True)
    return span, is_there


def _heir(span: Span, taken: Sequence[Span], put: Sequence[Span]) -> Span | None:
    """What took the place of a span: the only one for the only one, else what overlaps it most, its own label first."""
    if len(taken) == len(put) == 1:
        return put[0]
    near = [one for one in put if one.overlaps(span)]
    return max(near, key=lambda one: (one.label == span.label, _shared(one, span)), default=None)


def _shared(one: Span, other: Span) -> int:
    return min(one.end, other.end) - max(one.start, other.start)


def _spans(half: Json) -> list[Span]:
    """Spans and suggestions of one half of an event."""
    if not isinstance(half, Mapping):
        return []
    return [*read_spans(half.get("spans")), *read_spans(half.get("suggestions"))]
