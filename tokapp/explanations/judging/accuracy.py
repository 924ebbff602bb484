"""How far an explanation is from a better one, and from its twin with other random draws."""

from __future__ import annotations

import numpy as np

from tokapp.documents import Attribution
from tokapp.explanations.comparison import rank_correlation


def normalised_error(found: Attribution, reference: Attribution) -> float | None:
    """`sum (phi - ref)^2 / sum ref^2` over the words: 0 is the same, 1 as wrong as saying nothing.

    None where the reference is zero everywhere. Raises ValueError for attributions of other words or decisions.
    """
    _check_same(found, reference)
    values, truth = np.asarray(found.values), np.asarray(reference.values)
    return _share(float(((values - truth) ** 2).sum()), float((truth**2).sum()))


def split_half_error(attribution: Attribution) -> float | None:
    """What an attribution says of its own normalised error, `sum errors^2 / sum phi^2`; None where it is zero."""
    values, errors = np.asarray(attribution.values), np.asarray(attribution.errors)
    return _share(float((errors**2).sum()), float((values**2).sum()))


def stability(one: Attribution, other: Attribution) -> float | None:
    """Spearman's rank correlation of the words' values from two seeds, -1 to 1.

    None where there is no order: fewer than two words, or all values the same. Raises ValueError for attributions of
    other words or decisions.
    """
    _check_same(one, other)
    return rank_correlation(one.values, other.values)


def _check_same(one: Attribution, other: Attribution) -> None:
    if (one.words, one.target) != (other.words, other.target):
        raise ValueError("two attributions can only be compared for the same words and the same decision")


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None
