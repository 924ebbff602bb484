"""What more labels would buy: a power law through the figures of trainings on parts of the labels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_SIZES, _SEEDS, _WIDEST = 3, 2, 0.2
"""Fewer sizes or seeds, or a wider interval than this (in F1), tell nothing."""
_NOISIEST = 0.05
"""Nor do seeds that leave more than this standard error (in F1) in the mean of a size."""
_RATES = (0.05, 2.0)


@dataclass(frozen=True, slots=True)
class Point:
    """A figure (F1, 0 to 1) of a training on so many documents, drawn and trained with one seed."""

    documents: int
    seed: int
    figure: float


@dataclass(frozen=True, slots=True)
class Law:
    """figure(n) = `limit` - `gap` * (n / `size`) ** -`rate`: what is missing at `size` documents shrinks as they grow.

    The inverse power law of Hestness et al. 2017 (section 3) and Figueroa et al. 2012, in a form that fits stably.
    """

    limit: float
    gap: float
    rate: float
    size: int

    def at(self, documents: float) -> float:
        """The figure at so many documents."""
        return float(self.limit - self.gap * (documents / self.size) ** -self.rate)

    def gain(self, more: int) -> float:
        """How much the figure grows with so many documents more."""
        return self.at(self.size + more) - self.at(self.size)


@dataclass(frozen=True, slots=True)
class Gain:
    """What so many documents more are expected to buy: the figure's growth with its 95 % interval."""

    more: int
    expected: float
    low: float
    high: float


def fit_law(points: Sequence[Point]) -> Law:
    """The law with the least squares; raises ValueError for fewer than three sizes.

    For every rate the other two follow in closed form, so that the rate alone is searched for (Golub and Pereyra 1973).
    """
    from scipy.optimize import minimize_scalar

    sizes = np.array([point.documents for point in points], np.float64)
    figures, largest = np.array([point.figure for point in points], np.float64), float(sizes.max())
    if len(set(sizes)) < _SIZES:
        raise ValueError(f"a curve needs figures of at least {_SIZES} sizes, there are {len(set(sizes))}")

    def misfit(rate: float) -> float:
        shrunk = (sizes / largest) ** -rate
        limit, gap = _closed(shrunk, figures)
        return float(np.square(figures - limit + gap * shrunk).sum())

    rate = float(minimize_scalar(misfit, bounds=_RATES, method="bounded").x)
    limit, gap = _closed((sizes / largest) ** -rate, figures)
    return Law(limit, gap, rate, int(largest))


def _closed(shrunk: NDArray[np.float64], figures: NDArray[np.float64]) -> tuple[float, float]:
    """Limit (at most 1) and gap (at least 0) with the least squares for one rate."""
    apart = shrunk - shrunk.mean()
    gap = max(-float(apart @ figures) / float(apart @ apart), 0.0)
    limit = float(figures.mean()) + gap * float(shrunk.mean())
    if limit <= 1:
        return limit, gap
    return 1.0, float((1 - figures) @ shrunk) / float(shrunk @ shrunk)


def expected_gain(points: Sequence[Point], more: int, *, draws: int = 200, seed: int = 0) -> Gain | None:
    """What `more` documents would buy; None where the figures cannot tell.

    The interval is a percentile bootstrap (Efron 1979): at every size the figures of the seeds are drawn anew, spread
    by as much as so few of them are too close to their mean. Figures cannot tell with fewer than three sizes or two
    seeds, when seeds differ too much among themselves, or when the interval is wider than 0.2.
    """
    by_size: dict[int, list[float]] = defaultdict(list)
    for point in points:
        by_size[point.documents].append(point.figure)
    if len(by_size) < _SIZES or min(map(len, by_size.values())) < _SEEDS or _noise(by_size) > _NOISIEST:
        return None
    random = np.random.default_rng(seed)
    gains = [fit_law(_drawn(by_size, random)).gain(more) for _ in range(draws)]
    low, high = (float(value) for value in np.quantile(gains, [0.025, 0.975]))
    expected = fit_law(points).gain(more)
    return None if high - low > _WIDEST else Gain(more, expected, min(low, expected), max(high, expected))


def _noise(by_size: Mapping[int, Sequence[float]]) -> float:
    """The standard error of a size's mean, from how far its seeds are apart, pooled over all sizes."""
    spread = [float(np.var(some, ddof=1)) / len(some) for some in by_size.values()]
    return float(np.sqrt(np.mean(spread)))


def _drawn(by_size: Mapping[int, Sequence[float]], random: np.random.Generator) -> list[Point]:
    found: list[Point] = []
    for size, some in by_size.items():
        mean, count = float(np.mean(some)), len(some)
        wider = np.sqrt(count / (count - 1))
        found += [Point(size, 0, mean + wider * (some[index] - mean)) for index in random.integers(0, count, count)]
    return found
