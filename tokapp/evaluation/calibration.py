"""Is 0.8 right in 80 of 100 cases? Calibration error, and the temperature that mends it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BINS = 15


@dataclass(frozen=True, slots=True)
class Bin:
    """Predictions with a confidence in (low, high]: how many, how sure on average, how often right."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


def reliability(confidence: NDArray[np.floating], correct: NDArray[np.bool_], *, bins: int = BINS) -> list[Bin]:
    """Bins of equal width over [0, 1] for a reliability diagram; empty ones are left out."""
    edges = np.linspace(0.0, 1.0, bins + 1)
    place = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, bins - 1)
    found = []
    for index in range(bins):
        inside = place == index
        if count := int(inside.sum()):
            sure, right = float(confidence[inside].mean()), float(correct[inside].mean())
            found.append(Bin(float(edges[index]), float(edges[index + 1]), count, sure, right))
    return found


def expected_calibration_error(
    confidence: NDArray[np.floating], correct: NDArray[np.bool_], *, bins: int = BINS
) -> float:
    """Mean distance of confidence and accuracy over equal-width bins, weighed by count (Guo et al. 2017, eq. 3).

    `confidence` [n] is the probability of the class that was chosen, `correct` [n] whether it was right; 0 for none.
    """
    parts = reliability(confidence, correct, bins=bins)
    return sum(part.count * abs(part.confidence - part.accuracy) for part in parts) / max(len(confidence), 1)


def fit_temperature(logits: NDArray[np.floating], truth: NDArray[np.integer]) -> float:
    """The temperature that, dividing logits [n, classes], gives `truth` [n] the least mean negative log-likelihood.

    Golden-section search over log temperature in [1/20, 20] (the loss has one minimum in 1/T); 1.0 for no rows.
    Rows with -inf logits (classes that are impossible by construction) are fine as long as the truth is possible.
    """
    if not len(truth):
        return 1.0
    low, high, ratio = np.log(0.05), np.log(20.0), (np.sqrt(5.0) - 1) / 2
    for _ in range(40):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if _loss(logits, truth, np.exp(left)) < _loss(logits, truth, np.exp(right)):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2))


def _loss(logits: NDArray[np.floating], truth: NDArray[np.integer], temperature: float) -> float:
    scaled = logits.astype(np.float64) / temperature
    highest = scaled.max(axis=1)
    total = highest + np.log(np.exp(scaled - highest[:, None]).sum(axis=1))
    return float((total - scaled[np.arange(len(truth)), truth]).mean())
