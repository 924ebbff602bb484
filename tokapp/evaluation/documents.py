"""Metrics of document labels: accuracy, and precision, recall and F1 per label and on average."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tokapp.evaluation.spans import Counts, Scores


@dataclass(frozen=True, slots=True)
class LabelScores:
    """Scores of document labels; `macro_f1` is the mean F1 over the labels that occur in the gold labels."""

    accuracy: float
    macro_f1: float
    per_label: Mapping[str, Scores]


def label_scores(gold: Sequence[str], predicted: Sequence[str | None]) -> LabelScores:
    """Scores of predicted labels, by position; raises ValueError for sequences of different length or none at all."""
    if len(gold) != len(predicted) or not gold:
        raise ValueError(f"need as many predicted labels as gold ones, and at least one: {len(gold)}, {len(predicted)}")
    per_label = {}
    for label in sorted({*gold, *(name for name in predicted if name is not None)}):
        right = sum(a == b == label for a, b in zip(gold, predicted, strict=True))
        per_label[label] = Counts(
            right, sum(b == label for b in predicted), right, sum(a == label for a in gold)
        ).scores
    occurring = [per_label[label].f1 for label in sorted(set(gold))]
    accuracy = sum(a == b for a, b in zip(gold, predicted, strict=True)) / len(gold)
    return LabelScores(accuracy, sum(occurring) / len(occurring), per_label)
