"""The fit behind the estimate: a regression on single players and on all triples of them, in closed form.

With z_i = +1 shown, -1 hidden, the odd part of a game is taken as g(z) = sum_i b_i z_i + sum_T c_T z_i z_j z_k. The
number of triples grows with the cube of the players, so the fit is done in its dual form, as kernel ridge regression:
if b_i has prior variance w_i and c_T has t w_i w_j w_k, the kernel is e1 + t e3, elementary symmetric polynomials of
w_i z_i z'_i, which Newton's identities give from sums of powers. The Shapley values of a fit are those of its
polynomial: 2 (b_i + a third of every c_T with i in T). That their sum is v1 - v0 is an observation without noise.

Penalty and t are chosen for each payoff by exact leave-one-out. Then w is made proportional to what the players turned
out to be worth, and the fit repeated, as long as leave-one-out says that this is much better (an adaptive ridge: most
words of a text hardly matter to a decision).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_TRIPLES = (0.0, 0.003, 0.03)
_AROUND = (1 / 3, 1.0, 3.0)
_PENALTIES = np.logspace(-10, 2, 25)
_ROUNDS, _GAIN = 3, 0.9
"""Most rounds of adaptation, and what has to be left of the misfit after one for another to be worth its time."""
_EQUAL = 0.1
"""The part of all prior variance that stays divided equally."""


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    values: Floats
    misfit: float
    triples: float


@dataclass(frozen=True, slots=True, eq=False)
class _Space:
    """Polynomials with their prior, seen at the rows of a plan and decomposed: all that does not depend on payoffs.

    `whole` [rows] and `peak` are the kernel between the rows and all players shown, and of these with themselves;
    `worth` [rows, players] and `whole_worth` [players] the Shapley values of the kernel's functions.
    """

    triples: float
    root: Floats
    whole: Floats
    peak: float
    scale: Floats
    vectors: Floats
    worth: Floats
    whole_worth: Floats

    @classmethod
    def of(cls, signs: Floats, root: Floats, share: Floats, triples: float) -> _Space:
        points = np.concatenate([signs, np.ones((1, len(share)))])
        kernel, worth = _kernel(points, share, triples), _worth(points, share, triples)
        whole, peak = kernel[:-1, -1], float(kernel[-1, -1])
        known = kernel[:-1, :-1] - np.outer(whole, whole) / peak
        scale, vectors = np.linalg.eigh(root[:, None] * known * root)
        return cls(triples, root, whole, peak, np.maximum(scale, 0.0), vectors, worth[:-1], worth[-1])

    def fit(self, odd: Floats, total: float) -> _Fit:
        """Values [players] that sum to `total`, and the mean squared leave-one-out misfit, at the best penalty."""
        target = self.vectors.T @ (self.root * (odd - self.whole * (total / 2 / self.peak)))
        inverse = 1 / (self.scale[:, None] + _PENALTIES * (self.scale.mean() or 1.0))
        duals = self.vectors @ (inverse * target[:, None])
        misfits = ((duals / (self.vectors**2 @ inverse)) ** 2).mean(axis=0)
        best = int(misfits.argmin())
        dual = self.root * duals[:, best]
        values = dual @ self.worth + (total / 2 - self.whole @ dual) / self.peak * self.whole_worth
        return _Fit(values + (total - values.sum()) / len(values), float(misfits[best]), self.triples)


def fit_values(signs: Floats, odd: Floats, weights: Floats, total: Floats) -> Floats:
    """Shapley values [players, payoffs], which sum to `total`, from odd parts [pairs, payoffs] at `signs`."""
    root, equal = np.sqrt(weights / weights.mean()), np.ones(signs.shape[1])
    start = [_Space.of(signs, root, equal, triples) for triples in _TRIPLES]
    values = np.empty((signs.shape[1], odd.shape[1]))
    for column in range(odd.shape[1]):
        values[:, column] = _adapt(start, signs, root, odd[:, column], float(total[column]))
    return values


def _adapt(start: Iterable[_Space], signs: Floats, root: Floats, odd: Floats, total: float) -> Floats:
    """The values of one payoff, with prior variances that follow what the players are worth."""
    best = _best(start, odd, total)
    for _ in range(_ROUNDS):
        strength = np.abs(best.values)
        if not strength.any():
            break
        share = _EQUAL + (1 - _EQUAL) * strength / strength.mean()
        triples = [best.triples * factor for factor in _AROUND] if best.triples else _TRIPLES[:2]
        spaces = (_Space.of(signs, root, share, one) for one in triples)
        before, best = best, min(best, _best(spaces, odd, total), key=lambda fit: fit.misfit)
        if best.misfit > _GAIN * before.misfit:
            break
    return best.values


def _best(spaces: Iterable[_Space], odd: Floats, total: float) -> _Fit:
    return min((space.fit(odd, total) for space in spaces), key=lambda fit: fit.misfit)


def _kernel(points: Floats, share: Floats, triples: float) -> Floats:
    """Prior covariance of a polynomial's values at points [rows, players]: [rows, rows]."""
    first, third = (points * share) @ points.T, (points * share**3) @ points.T
    kernel: Floats = first + triples * (first**3 - 3 * first * (share**2).sum() + 2 * third) / 6
    return kernel


def _worth(points: Floats, share: Floats, triples: float) -> Floats:
    """Shapley values [rows, players] of the functions z -> kernel(z, row), for games whose odd part they are."""
    terms = points * share
    others = terms.sum(axis=1, keepdims=True) - terms
    pairs = (others**2 - ((share**2).sum() - share**2)) / 2
    worth: Floats = 2 * terms * (1 + triples * pairs / 3)
    return worth
