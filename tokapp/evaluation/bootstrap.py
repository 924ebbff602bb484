"""How far a figure would move with other documents of the same kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

Item = TypeVar("Item")
Floats: TypeAlias = NDArray[np.float64]
Interval: TypeAlias = tuple[float, float]


def bootstrap_interval(
    items: Sequence[Item],
    measure: Callable[[Sequence[Item]], float],
    *,
    draws: int = 500,
    confidence: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Percentile bootstrap interval of `measure` over documents drawn with replacement (Efron 1979).

    `items` are what is independent (documents, or groups of them). Raises ValueError for none.
    """
    if not items:
        raise ValueError("an interval needs at least one document")
    random = np.random.default_rng(seed)
    values = [measure([items[index] for index in random.integers(0, len(items), len(items))]) for _ in range(draws)]
    return _between(np.asarray(values), confidence)


def resampled(counts: Floats, *, draws: int = 1000, seed: int = 0) -> Iterator[Floats]:
    """Totals [...] of `counts` [groups, ...] over groups drawn with replacement, once for each draw."""
    random, groups = np.random.default_rng(seed), len(counts)
    flat = counts.reshape(groups, -1)
    for _ in range(draws):
        times = np.bincount(random.integers(0, groups, groups), minlength=groups)
        yield (times @ flat).reshape(counts.shape[1:])


def f1_intervals(counts: Floats, *, draws: int = 1000, seed: int = 0) -> Floats:
    """Percentile bootstrap intervals [..., 2] at 95 % of the F1 of counts [groups, ..., 4] (as in `Counts`)."""
    values = np.stack([f1(totals) for totals in resampled(counts, draws=draws, seed=seed)])
    return np.moveaxis(np.quantile(values, [0.025, 0.975], axis=0), 0, -1)


def f1(counts: Floats) -> Floats:
    """F1 [...] of counts [..., 4] in the order of `Counts`: 1 where there was nothing to find and nothing was found."""
    right_said, said, right_there, there = np.moveaxis(np.asarray(counts, np.float64), -1, 0)
    precision = np.divide(right_said, said, out=np.zeros_like(said), where=said > 0)
    recall = np.divide(right_there, there, out=np.zeros_like(there), where=there > 0)
    total = precision + recall
    found = np.divide(2 * precision * recall, total, out=np.zeros_like(total), where=total > 0)
    return np.where((said == 0) & (there == 0), 1.0, found)


def by_group(counts: Floats, groups: Sequence[int]) -> Floats:
    """Counts [documents, ...] added up within groups numbered from 0: [groups, ...]."""
    summed = np.zeros((max(groups, default=-1) + 1, *counts.shape[1:]))
    np.add.at(summed, np.asarray(groups, np.intp), counts)
    return summed


def _between(values: Floats, confidence: float) -> Interval:
    low, high = np.quantile(values, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
