"""How far a figure would move with other documents of the same kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")


def bootstrap_interval(
    items: Sequence[Item],
    measure: Callable[[Sequence[Item]], float],
    *,
    draws: int = 500,
    confidence: float = 0.95,
    seed: int = 0,
) -> tuple[float, float]:
    """Percentile bootstrap interval of `measure` over documents drawn with replacement (Efron 1979).

    `items` are what is independent (documents, or groups of them). Raises ValueError for none.
    """
    if not items:
        raise ValueError("an interval needs at least one document")
    random = np.random.default_rng(seed)
    values = [measure([items[index] for index in random.integers(0, len(items), len(items))]) for _ in range(draws)]
    low, high = np.quantile(values, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
