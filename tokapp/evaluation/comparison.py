"""What is different between two models' (or people's) spans of the same documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tokapp.documents import Span


@dataclass(frozen=True, slots=True)
class Change:
    """A span of the old and of the new side that share characters but differ in borders or label."""

    old: Span
    new: Span


@dataclass(frozen=True, slots=True)
class SpanChanges:
    """Spans of one document that only the new side has, only the old side has, that changed, and that stayed."""

    gained: tuple[Span, ...]
    lost: tuple[Span, ...]
    changed: tuple[Change, ...]
    kept: tuple[Span, ...]

    @property
    def is_empty(self) -> bool:
        """Whether both sides say the same."""
        return not (self.gained or self.lost or self.changed)


def compare_spans(old: Sequence[Span], new: Sequence[Span]) -> SpanChanges:
    """How to get from the old spans of a document to the new ones.

    Equal start, end and label: kept. Of the rest, spans are paired that share characters, same label first, then most
    shared characters, then reading order; each span is in one pair at most. What is left was lost or gained.
    """
    old_keys, new_keys = {span.key for span in old}, {span.key for span in new}
    before = sorted((span for span in old if span.key not in new_keys), key=lambda span: span.key)
    after = sorted((span for span in new if span.key not in old_keys), key=lambda span: span.key)
    pairs = [(_rank(a, b), a, b) for a in before for b in after if a.overlaps(b)]
    changed, used = [], set()
    for _, a, b in sorted(pairs, key=lambda pair: pair[0]):
        if ("old", a.key) not in used and ("new", b.key) not in used:
            used |= {("old", a.key), ("new", b.key)}
            changed.append(Change(a, b))
    return SpanChanges(
        gained=tuple(span for span in after if ("new", span.key) not in used),
        lost=tuple(span for span in before if ("old", span.key) not in used),
        changed=tuple(sorted(changed, key=lambda change: change.new.key)),
        kept=tuple(span for span in new if span.key in old_keys),
    )


def _rank(old: Span, new: Span) -> tuple[bool, int, int, int, int, int]:
    shared = min(old.end, new.end) - max(old.start, new.start)
    return old.label != new.label, -shared, old.start, new.start, old.end, new.end
