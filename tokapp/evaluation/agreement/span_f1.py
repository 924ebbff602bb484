"""F1 of one person's spans against another's: symmetric, since precision and recall change places with the persons.

For spans the number of true negatives is not defined, which kappa needs; as it grows, kappa goes to the F1
(Hripcsak and Rothschild, "Agreement, the F-measure, and reliability in information retrieval", JAMIA 12(3), 2005).
"""

from __future__ import annotations

from collections.abc import Callable

from tokapp.evaluation.agreement.values import Study, pairs
from tokapp.evaluation.spans import Pairs, Scores, exact_scores, overlap_scores


def exact_f1(study: Study) -> float | None:
    """Mean over all pairs of persons of the F1 of spans with equal start, end and label, from 0 to 1.

    Spans are pooled over the documents that both annotated. A pair without such documents or without any span in them
    does not count; None if no pair does.
    """
    return _mean_f1(study, exact_scores)


def overlap_f1(study: Study) -> float | None:
    """As `exact_f1`, for spans of one label that share at least one character."""
    return _mean_f1(study, overlap_scores)


def _mean_f1(study: Study, score: Callable[[Pairs], Scores]) -> float | None:
    sides = [_both(study, one, other) for one, other in pairs(study.persons)]
    figures = [score(both).f1 for both in sides if any(mine or yours for mine, yours in both)]
    return sum(figures) / len(figures) if figures else None


def _both(study: Study, one: str, other: str) -> Pairs:
    mine, yours = study.annotations[one], study.annotations[other]
    return [(mine[key], yours[key]) for key in study.shared((one, other))]
