"""Is one model better than another, or did it have luck with these documents?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tokapp.evaluation.bootstrap import Floats, f1, resampled

FEWEST = 6
"""Documents that must differ: with five, no outcome of a two-sided test reaches 0.05 (the least p is 2 / 2^n)."""
SWAPS = 2000
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class PairedTest:
    """The second model against the first on the same documents.

    `difference` is F1 of the second less that of the first over all documents, [`low`, `high`] its 95 % bootstrap
    interval. `p` is of the paired randomisation test, `wilcoxon` of the signed-rank test of the documents' own F1 (None
    where fewer than `FEWEST` differ). `units` counts documents, or groups of them; `differing` those whose counts
    differ.
    """

    difference: float
    low: float
    high: float
    p: float
    wilcoxon: float | None
    units: int
    differing: int

    @property
    def is_enough(self) -> bool:
        """Whether enough documents differ for any verdict."""
        return self.differing >= FEWEST

    @property
    def is_significant(self) -> bool:
        """Whether so large a difference is unlikely to be luck."""
        return self.is_enough and self.p < LEVEL


def paired_test(first: Floats, second: Floats, *, swaps: int = SWAPS, seed: int = 0) -> PairedTest:
    """Compare the counts [units, 4] of two models (order of `Counts`) on the same documents, or groups of them.

    F1 is no mean over documents, so its test is approximate randomisation (Noreen 1989; Yeh 2000): swap the two models'
    counts of a document with probability 1/2, `swaps` times; p = (1 + times the difference is at least as large) /
    (1 + swaps). Equal models have p = 1. Raises ValueError for none or a different number of documents.
    """
    if first.shape != second.shape or not len(first):
        raise ValueError(f"both models need counts of the same documents: {len(first)}, {len(second)}")
    gap = float(f1(second.sum(axis=0)) - f1(first.sum(axis=0)))
    differing = int((first != second).any(axis=1).sum())
    both = np.stack([first, second], axis=1)
    drawn = np.array([float(f1(totals[1]) - f1(totals[0])) for totals in resampled(both, seed=seed)])
    low, high = np.quantile(drawn, [0.025, 0.975])
    p = _randomised(first, second, abs(gap), swaps, seed)
    return PairedTest(gap, float(low), float(high), p, _wilcoxon(f1(second) - f1(first)), len(first), differing)


def _randomised(first: Floats, second: Floats, gap: float, swaps: int, seed: int) -> float:
    random, change, larger = np.random.default_rng(seed), second - first, 0
    before, after = first.sum(axis=0), second.sum(axis=0)
    for _ in range(swaps):
        swapped = (random.random(len(first)) < 0.5) @ change
        drawn = f1(after - swapped) - f1(before + swapped)
        larger += abs(float(drawn)) >= gap - 1e-12  # what is equal on paper may differ in the last bit
    return (1 + larger) / (1 + swaps)


def _wilcoxon(changes: Floats) -> float | None:
    """Two-sided signed-rank test (Wilcoxon 1945) without exact ties."""
    from scipy.stats import wilcoxon

    untied = changes[changes != 0]
    return float(wilcoxon(untied).pvalue) if len(untied) >= FEWEST else None


def holm(p_values: Sequence[float]) -> list[float]:
    """p values of several comparisons, raised so that one of them is wrongly below 0.05 in at most 5 % (Holm 1979)."""
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    raised, largest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min((len(p_values) - rank) * p_values[place], 1.0))
        raised[place] = largest
    return raised


def verdict(test: PairedTest, first: str, second: str) -> str:
    """The outcome in a sentence."""
    if test.differing == 0:
        return f"No difference: {first} and {second} find the same in all {test.units:,} documents."
    if not test.is_enough:
        where = f"{test.differing} of {test.units:,} documents"
        return f"Too few for any verdict: {first} and {second} differ in {where}, and at least {FEWEST} must differ."
    better = second if test.difference > 0 else first
    figures = f"{abs(test.difference):.3f} F1, 95 % interval {_range(test)}, p = {test.p:.3g}"
    if test.is_significant:
        return f"{better} finds more of what is right: +{figures}."
    return f"No significant difference between {first} and {second}: {better} is ahead by {figures}."


def _range(test: PairedTest) -> str:
    low, high = (test.low, test.high) if test.difference > 0 else (-test.high, -test.low)
    return f"{low:+.3f} to {high:+.3f}"
