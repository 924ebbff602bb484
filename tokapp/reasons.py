"""People's marks of what is a reason for a decision and what is not: how marks change, and which are about what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from tokapp.documents import Reason, Target


def marked(reasons: Iterable[Reason], new: Reason) -> tuple[Reason, ...]:
    """The marks with one more, which takes the place of what was said before about the same words and decision."""
    return _sorted([*_cut(reasons, new), new])


def cleared(reasons: Iterable[Reason], gone: Reason) -> tuple[Reason, ...]:
    """The marks without those of the words in a range, about the same decision."""
    return _sorted(_cut(reasons, gone))


def reasons_about(reasons: Sequence[Reason], target: Target) -> tuple[Reason, ...]:
    """The marks about a decision: those about its label in a span that it overlaps, and those without a label."""
    return tuple(one for one in reasons if not one.label or (one.label == target.label and _is_there(one, target)))


def _is_there(reason: Reason, target: Target) -> bool:
    if reason.span is None or target.kind == "document":
        return reason.span is None and target.kind == "document"
    return reason.span[0] < target.end and target.start < reason.span[1]


def _cut(reasons: Iterable[Reason], place: Reason) -> Iterator[Reason]:
    """What is left of marks outside of a place; those about other decisions stay whole."""
    for one in reasons:
        if one.decision != place.decision or one.end <= place.start or place.end <= one.start:
            yield one
            continue
        if one.start < place.start:
            yield replace(one, end=place.start)
        if place.end < one.end:
            yield replace(one, start=place.end)


def _sorted(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    return tuple(sorted(reasons, key=lambda one: one.order))
