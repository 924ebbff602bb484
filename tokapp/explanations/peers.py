"""shap's own explainers on our games: the players are words, and a masked input is the coalition itself.

Both draw from numpy's global generator. It is seeded for them and put back afterwards, one explanation at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from tokapp.explanations.estimator import Estimate

Floats = NDArray[np.float64]
Payoffs = Callable[[NDArray[np.bool_]], Floats]

_ALONE = Lock()


class _Words:
    """A masker as shap calls it: rows and players of one input, a tree of players or None, and the masked input."""

    def __init__(self, players: int, clustering: Floats | None) -> None:
        self.shape, self.clustering = (1, players), clustering

    def __call__(self, mask: NDArray[np.bool_], row: Floats) -> NDArray[np.bool_]:
        return mask[None, :]


def permutation(payoffs: Payoffs, players: int, budget: int, *, seed: int) -> Estimate:
    """`shap.PermutationExplainer`: mean gains along shuffled orders and their reverses, as many as `budget` holds.

    Takes 2 n + 1 evaluations a pair of orders. `errors` are one standard error of the mean over the orders, as if a
    reversed order told nothing about its twin.
    """
    import shap

    with _seeded(seed):
        explainer = shap.PermutationExplainer(payoffs, _Words(players, None), seed=seed)
        found = explainer(
            np.zeros((1, players)), max_evals=budget, error_bounds=True, batch_size=2 * players + 1, silent=True
        )
    orders = 2 * (budget // (2 * players + 1))
    return _estimate(players, found.values[0], found.error_std[0] / np.sqrt(orders - 1), found.base_values[0])


def partition(payoffs: Payoffs, players: int, budget: int, *, seed: int) -> Estimate:
    """`shap.PartitionExplainer`: Owen values along a balanced tree of neighbours.

    All payoffs share one search, which follows the largest change of any. What the budget does not reach stays with
    whole branches of the tree and is divided evenly in them; `errors` are zero, since there is no estimate of them.
    """
    import shap

    with _seeded(seed):
        explainer = shap.PartitionExplainer(payoffs, _Words(players, neighbour_tree(players)))
        found = explainer(np.zeros((1, players)), max_evals=budget, silent=True)
    values = found.values[0]
    return _estimate(players, values, np.zeros_like(values), found.base_values[0])


def _estimate(players: int, values: Floats, errors: Floats, base: Floats) -> Estimate:
    """Both explainers are efficient: base and values make the output. shap drops the axis of a single payoff."""
    values, base = values.reshape(players, -1), np.atleast_1d(base)
    return Estimate(values, errors.reshape(players, -1), base, base + values.sum(axis=0))


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    with _ALONE:
        before = np.random.get_state()
        np.random.seed(seed)
        try:
            yield
        finally:
            np.random.set_state(before)


def neighbour_tree(players: int) -> Floats:
    """A balanced binary tree over neighbours in the form of a linkage matrix of SciPy, float [players - 1, 4].

    A row has two children (below `players`: a player, else a row), the share of players below it as height, and their
    number.
    """
    rows: list[tuple[float, float, float, float]] = []

    def join(start: int, stop: int) -> int:
        if stop - start == 1:
            return start
        middle = (start + stop + 1) // 2
        left, right = join(start, middle), join(middle, stop)
        rows.append((left, right, (stop - start) / players, stop - start))
        return players + len(rows) - 1

    join(0, players)
    return np.array(rows)
