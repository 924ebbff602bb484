"""Shapley values from the payoffs of sampled coalitions, for any number of payoffs at once.

Only the odd part of a game, g(S) = (v(S) - v(not S)) / 2, carries Shapley value. It is fitted by a regression on
z_i = +1 shown, -1 hidden, with a few third-order terms, as in Kernel SHAP (Lundberg & Lee 2017, "A unified approach
to interpreting model predictions", section 4) with paired and stratified coalitions (Covert & Lee 2021; Musco &
Witter 2025, "Leverage SHAP").
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import combinations
from math import factorial

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from tokapp.explanations.coalitions import Coalitions

Floats = NDArray[np.float64]

_STRONGEST = 14
_MOST_TERMS = 48
_PAIRS_PER_TERM = 6
_PENALTIES = np.concatenate([[0.0], np.logspace(-8, 2, 31)])


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """Shapley values [players, payoffs] with standard errors, and the payoffs with all hidden (base) and all shown."""

    values: Floats
    errors: Floats
    base: Floats
    output: Floats

    @property
    def normalised_errors(self) -> Floats:
        """`sum errors^2 / sum values^2` over the players [payoffs]: squared error as a share of what is explained.

        0 where nothing is in doubt, infinite where only the values are zero.
        """
        doubt, size = (self.errors**2).sum(axis=0), (self.values**2).sum(axis=0)
        shares: Floats = np.divide(doubt, size, out=np.where(doubt > 0, np.inf, 0.0), where=size > 0)
        return shares


def estimate_values(coalitions: Coalitions, payoffs: Floats) -> Estimate:
    """Shapley values of every column of `payoffs` [rows, payoffs]; the values of a column sum to output - base.

    `errors` is zero for enumerated games. Otherwise it estimates one standard error from two halves of the pairs.
    """
    payoffs = np.asarray(payoffs, dtype=np.float64)
    if coalitions.exact:
        values = exact_values(payoffs)
        return Estimate(values, np.zeros_like(values), payoffs[0], payoffs[-1])
    base, output = payoffs[0], payoffs[1]
    signs = np.where(coalitions.shown[2::2], 1.0, -1.0)
    odd = (payoffs[2::2] - payoffs[3::2]) / 2
    with _threads().limit(limits=1, user_api="blas"):  # small systems: more threads only wait for each other
        values = _fit(signs, odd, coalitions.weights, output - base)
        errors = _split_half(signs, odd, coalitions, output - base)
    return Estimate(values, errors, base, output)


@cache
def _threads() -> ThreadpoolController:
    return ThreadpoolController()


def exact_values(payoffs: Floats) -> Floats:
    """Shapley values [players, payoffs] from all 2^n rows; row r shows the players whose bits are set in r."""
    rows = np.arange(len(payoffs))
    players = len(payoffs).bit_length() - 1
    sizes = np.bitwise_count(rows)
    weights = np.array([factorial(s) * factorial(players - s - 1) / factorial(players) for s in range(players)])
    values = np.empty((players, payoffs.shape[1]))
    for player in range(players):
        without = rows[(rows >> player) & 1 == 0]
        values[player] = weights[sizes[without]] @ (payoffs[without | (1 << player)] - payoffs[without])
    return values


def _split_half(signs: Floats, odd: Floats, coalitions: Coalitions, total: Floats) -> Floats:
    """Half the difference of the values from every other pair and from the rest, [players, payoffs].

    One difference has one degree of freedom: words come out as sure by luck. So the mean square over the words of a
    payoff joins with equal weight (on enumerated games two errors then cover 89-99 % of the words, without it 72-87 %).
    """
    halves = []
    for rows in _halves(coalitions.sizes):
        halves.append(_fit(signs[rows], odd[rows], coalitions.weights[rows], total))
    squares = ((halves[0] - halves[1]) / 2) ** 2
    errors: Floats = np.sqrt((squares + squares.mean(axis=0)) / 2)
    return errors


def _halves(sizes: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Every other pair of the pairs in order of their sizes, and the rest."""
    order = np.argsort(sizes, kind="stable")
    return order[::2], order[1::2]


def _fit(signs: Floats, odd: Floats, weights: Floats, total: Floats) -> Floats:
    """Values [players, payoffs]: a linear fit for all payoffs, then for each its own third-order terms."""
    players = signs.shape[1]
    root = np.sqrt(weights / weights.sum())[:, None]
    linear, misfit = _regress(signs, odd, root, total, players)
    count = min(_MOST_TERMS, len(odd) // _PAIRS_PER_TERM)
    if players < 3 or count == 0:
        return linear
    values = linear.copy()
    residual = root * (odd - signs @ linear / 2)
    for column in range(odd.shape[1]):
        triples = _candidates(np.abs(linear[:, column]))
        products = signs[:, triples].prod(axis=2)
        order = np.argsort(-np.abs((root * products).T @ residual[:, column]), kind="stable")[:count]
        design = np.concatenate([signs, products[:, order]], axis=1)
        fitted, cubic_misfit = _regress(design, odd[:, [column]], root, total[[column]], players)
        if cubic_misfit[0] < misfit[column]:
            values[:, column] = fitted[:players, 0]
            np.add.at(values[:, column], triples[order], fitted[players:, :] / 3)
    return values


def _candidates(strength: Floats) -> NDArray[np.int64]:
    """Third-order terms worth a look, int [terms, 3]: neighbours, and all triples of the strongest players."""
    players = len(strength)
    strongest = np.sort(np.argsort(-strength, kind="stable")[:_STRONGEST])
    triples = {(first, first + 1, first + 2) for first in range(players - 2)}
    triples.update((int(a), int(b), int(c)) for a, b, c in combinations(strongest, 3))
    return np.array(sorted(triples), dtype=np.int64)


def _regress(design: Floats, odd: Floats, root: Floats, total: Floats, players: int) -> tuple[Floats, Floats]:
    """Weighted ridge fit of `odd` by `design` / 2 with coefficients that sum to `total`, per payoff.

    The penalty pulls towards `total` / players for every player and is chosen per payoff by exact leave-one-out.
    Returns coefficients [columns, payoffs] and the mean squared leave-one-out misfit [payoffs].
    """
    columns = design.shape[1]
    start = np.zeros((columns, odd.shape[1]))
    start[:players] = total / players
    # Differences from the centred start that keep the sum: an orthonormal basis of what is orthogonal to all ones.
    basis = _zero_sum_basis(columns)
    left, scale, right = np.linalg.svd(root * (design @ basis) / 2, full_matrices=False)
    target = root * (odd - design @ start / 2)
    seen = left.T @ target
    best = np.full(odd.shape[1], np.inf)
    chosen = np.zeros_like(seen)
    for penalty in _PENALTIES * (scale[0] ** 2 if len(scale) else 1.0):
        kept = scale**2 / np.maximum(scale**2 + penalty, np.finfo(float).tiny)
        kept[scale <= 1e-10 * scale[0]] = 0.0
        leverage = (left**2) @ kept
        if leverage.max() > 1 - 1e-9:  # a row that only fits itself says nothing about the others
            continue
        left_out = (target - left @ (kept[:, None] * seen)) / (1 - leverage)[:, None]
        misfit = (left_out**2).mean(axis=0)
        is_better = misfit < best
        best = np.where(is_better, misfit, best)
        shrunk = np.divide(kept, scale, out=np.zeros_like(kept), where=kept > 0)[:, None] * seen
        chosen = np.where(is_better, shrunk, chosen)
    return start + basis @ (right.T @ chosen), best


def _zero_sum_basis(columns: int) -> Floats:
    """Orthonormal columns [columns, columns - 1], each summing to zero (Helmert contrasts)."""
    basis: Floats = np.zeros((columns, columns - 1))
    for index in range(1, columns):
        basis[:index, index - 1] = 1.0
        basis[index, index - 1] = -index
    basis /= np.linalg.norm(basis, axis=0)
    return basis
