"""Two explanations of one decision side by side: of two model versions, or of two questions about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tokapp.documents import Attribution, Offset


@dataclass(frozen=True, slots=True)
class Comparison:
    """How far two explanations go by the same words.

    `correlation` is Spearman's rank correlation of the values over the words of both; None where it is not defined.
    `shared` of the `top` words that are strongest in either are strongest in both.
    """

    words: int
    correlation: float | None
    top: int
    shared: int


def compare_reasons(one: Attribution, other: Attribution, *, top: int = 5) -> Comparison:
    """Compare two explanations on the words that both have."""
    left, right = _by_place(one), _by_place(other)
    common = sorted(left.keys() & right.keys())
    strongest = [sorted(common, key=lambda key: -abs(side[key]))[:top] for side in (left, right)]
    shared = len(set(strongest[0]) & set(strongest[1]))
    correlation = rank_correlation([left[key] for key in common], [right[key] for key in common])
    return Comparison(len(common), correlation, min(top, len(common)), shared)


def _by_place(attribution: Attribution) -> dict[tuple[int, Offset], float]:
    parts = attribution.parts or (0,) * len(attribution.words)
    return dict(zip(zip(parts, attribution.words, strict=True), attribution.values, strict=True))


def rank_correlation(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Spearman's rank correlation, -1 to 1; None where there is no order: fewer than two values, or all the same."""
    from scipy.stats import spearmanr

    if len(set(one)) < 2 or len(set(other)) < 2:
        return None
    return float(spearmanr(one, other).statistic)
