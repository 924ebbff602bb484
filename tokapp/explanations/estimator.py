"""Shapley values from the payoffs of sampled coalitions, for any number of payoffs at once.

Only the odd part of a game, g(S) = (v(S) - v(not S)) / 2, carries Shapley value. It is fitted on paired and stratified
coalitions (Covert & Lee 2021; Musco & Witter 2025, "Leverage SHAP") with the weights of Kernel SHAP (Lundberg & Lee
2017, "A unified approach to interpreting model predictions", section 4), see `tokapp.explanations.regression`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import factorial

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from tokapp.explanations.coalitions import Coalitions
from tokapp.explanations.regression import fit_values

Floats = NDArray[np.float64]

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
        values = fit_values(signs, odd, coalitions.weights, output - base)
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
        halves.append(fit_values(signs[rows], odd[rows], coalitions.weights[rows], total))
    squares = ((halves[0] - halves[1]) / 2) ** 2
    errors: Floats = np.sqrt((squares + squares.mean(axis=0)) / 2)
    return errors


def _halves(sizes: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Every other pair of the pairs in order of their sizes, and the rest."""
    order = np.argsort(sizes, kind="stable")
    return order[::2], order[1::2]
