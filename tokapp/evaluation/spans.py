"""Span metrics: exact, overlapping, per character, per example; pure functions over gold and predicted spans."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tokapp.documents import Span

Pairs: TypeAlias = Sequence[tuple[Sequence[Span], Sequence[Span]]]
"""Gold and predicted spans of every document."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What was right, of what was predicted, of what there was; all three may be characters or spans."""

    right_predicted: int
    predicted: int
    right_gold: int
    gold: int

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.right_predicted + other.right_predicted,
            self.predicted + other.predicted,
            self.right_gold + other.right_gold,
            self.gold + other.gold,
        )

    @property
    def scores(self) -> Scores:
        """Precision, recall, F1; 0 where there is nothing to divide by, 1 where there was nothing to find or miss."""
        if not self.predicted and not self.gold:
            return Scores(1.0, 1.0, 1.0)
        precision = self.right_predicted / self.predicted if self.predicted else 0.0
        recall = self.right_gold / self.gold if self.gold else 0.0
        total = precision + recall
        return Scores(precision, recall, 2 * precision * recall / total if total else 0.0)


NOTHING = Counts(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Scores:
    """Precision, recall and their harmonic mean, from 0 to 1."""

    precision: float
    recall: float
    f1: float

    def f_beta(self, beta: float) -> float:
        """F with recall weighed `beta` times as much as precision: (1 + b^2) P R / (b^2 P + R)."""
        below = beta**2 * self.precision + self.recall
        return (1 + beta**2) * self.precision * self.recall / below if below else 0.0


def exact_scores(pairs: Pairs) -> Scores:
    """A predicted span is right when a gold span has the same start, end and label; duplicates count once."""
    return _sum(exact_counts(gold, predicted) for gold, predicted in pairs).scores


def overlap_scores(pairs: Pairs) -> Scores:
    """A predicted span is right when it shares a character with a gold span of its label, and a gold span is found
    when a predicted span of its label shares a character with it.

    This is the common lenient reading (MUC's partial match counted as 1): one long prediction over two gold spans is
    one right prediction and finds both. `matched_scores` is the stricter one-to-one reading.
    """
    return _sum(overlap_counts(gold, predicted) for gold, predicted in pairs).scores


def matched_scores(pairs: Pairs) -> Scores:
    """Overlap one to one: a gold span answers for one prediction at most (greatest number of pairs per document)."""
    return _sum(_matched_counts(gold, predicted) for gold, predicted in pairs).scores


def character_scores(pairs: Pairs) -> Scores:
    """Precision, recall, F1 over characters of a label, pooled over all documents.

    Spans of one label that overlap are merged first, on both sides, so that no character counts twice and precision
    cannot exceed 1 (which it does in the published evaluation of LettuceDetect, see `character_scores_unmerged`).
    """
    return _sum(character_counts(gold, predicted) for gold, predicted in pairs).scores


def character_scores_unmerged(pairs: Pairs) -> Scores:
    """The published reading: every predicted span against every gold span, overlapping gold counted each time."""
    counts = NOTHING
    for gold, predicted in pairs:
        shared = sum(max(0, min(p.end, g.end) - max(p.start, g.start)) for p in predicted for g in gold)
        counts += Counts(shared, _length(predicted), shared, _length(gold))
    return counts.scores


def example_scores(pairs: Pairs) -> Scores:
    """Per document: does it have any span, and was any predicted; precision, recall, F1 of the documents that do."""
    return _sum(
        Counts(int(bool(gold and predicted)), int(bool(predicted)), int(bool(gold and predicted)), int(bool(gold)))
        for gold, predicted in pairs
    ).scores


def exact_counts(gold: Sequence[Span], predicted: Sequence[Span]) -> Counts:
    """Counts behind `exact_scores`, of one document."""
    gold_keys, keys = {span.key for span in gold}, {span.key for span in predicted}
    right = len(gold_keys & keys)
    return Counts(right, len(keys), right, len(gold_keys))


def overlap_counts(gold: Sequence[Span], predicted: Sequence[Span]) -> Counts:
    """Counts behind `overlap_scores`, of one document."""
    hit = sum(any(_same(span, other) for other in gold) for span in predicted)
    found = sum(any(_same(span, other) for other in predicted) for span in gold)
    return Counts(hit, len(predicted), found, len(gold))


def _same(one: Span, other: Span) -> bool:
    return one.label == other.label and one.overlaps(other)


def _matched_counts(gold: Sequence[Span], predicted: Sequence[Span]) -> Counts:
    right = match_count(predicted, gold, _same)
    return Counts(right, len(predicted), right, len(gold))


def match_count(left: Sequence[Span], right: Sequence[Span], fits: Callable[[Span, Span], bool]) -> int:
    """Size of the largest one-to-one matching (Kuhn's augmenting paths)."""
    partner: dict[int, int] = {}

    def place(index: int, seen: set[int]) -> bool:
        for other, span in enumerate(right):
            if other not in seen and fits(left[index], span):
                seen.add(other)
                if other not in partner or place(partner[other], seen):
                    partner[other] = index
                    return True
        return False

    return sum(place(index, set()) for index in range(len(left)))


def character_counts(gold: Sequence[Span], predicted: Sequence[Span]) -> Counts:
    """Counts behind `character_scores`, of one document."""
    counts = NOTHING
    for label in {span.label for span in (*gold, *predicted)}:
        truth, guess = list(merged(gold, label)), list(merged(predicted, label))
        shared = sum(max(0, min(b, d) - max(a, c)) for a, b in truth for c, d in guess)
        counts += Counts(shared, sum(b - a for a, b in guess), shared, sum(b - a for a, b in truth))
    return counts


def merged(spans: Iterable[Span], label: str) -> Iterator[tuple[int, int]]:
    """Ranges that the spans of a label cover, in order and apart from each other."""
    start, end = -1, -1
    for span in sorted(span for span in spans if span.label == label):
        if span.start > end:
            if end > start:
                yield start, end
            start, end = span.start, span.end
        end = max(end, span.end)
    if end > start:
        yield start, end


def _length(spans: Iterable[Span]) -> int:
    return sum(span.end - span.start for span in spans)


def _sum(counts: Iterable[Counts]) -> Counts:
    total = NOTHING
    for one in counts:
        total += one
    return total
