"""How much each member of an ensemble counts: weights of least log-loss on held-out words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tokapp.inference.voting import combine
from tokapp.models.config import Mean

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STEPS = 200
_RATE = 0.5
_TINY = 1e-12


def log_loss(votes: Floats, truth: Ints, weights: Floats, mean: Mean) -> float:
    """Mean of -ln q(truth) over words, from `votes` [members, words, classes] and `truth` [words]; nan for no word."""
    mixed = combine(votes, weights.tolist(), mean)[np.arange(len(truth)), truth]
    return float(-np.log(np.maximum(mixed, _TINY)).mean()) if len(truth) else float("nan")


def fit_weights(votes: Floats, truth: Ints, mean: Mean) -> Floats:
    """Weights [members] of least log-loss on words that every member sees; equal ones without such words.

    Exponentiated gradient on the simplex (Kivinen and Warmuth 1997), w_m <- w_m exp(-r dL/dw_m) over their sum, from
    equal weights; the loss is convex in w for both means. The best of `STEPS` steps is taken, so that the result is
    never worse on these words than equal weights.
    """
    seen = votes.any(axis=-1).all(axis=0)
    votes, truth = votes[:, seen], truth[seen]
    weights = np.full(len(votes), 1 / len(votes))
    if not len(truth):
        return weights
    best = log_loss(votes, truth, weights, mean), weights
    for _ in range(STEPS):
        slope = _slope(votes, truth, weights, mean)
        weights = weights * np.exp(-_RATE * (slope - slope.min()) / max(np.ptp(slope), 1.0))
        weights /= weights.sum()
        best = min(best, (log_loss(votes, truth, weights, mean), weights), key=lambda one: one[0])
    return best[1]


def _slope(votes: Floats, truth: Ints, weights: Floats, mean: Mean) -> Floats:
    """Derivative of the log-loss by each weight [members], up to a constant that is the same for all."""
    own = np.maximum(votes[:, np.arange(len(truth)), truth], _TINY)
    if mean == "arithmetic":
        per_word: Floats = -own / (weights @ own)
    else:
        mixed = combine(votes, weights.tolist(), mean)
        per_word = (mixed * np.log(np.maximum(votes, _TINY))).sum(axis=-1) - np.log(own)
    slope: Floats = per_word.mean(axis=1)
    return slope
