"""Which words are shown and which are hidden in each masked forward: the sampling plan of the Shapley estimate.

Coalitions come in pairs, a set and its complement, so that the part of a game that both share (all interactions of
even order) cancels before anything is estimated. The draws depend on players, budget and seed alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

EXACT_PLAYERS = 10
"""Up to this many players every coalition is evaluated: at most 1024 short rows."""

LEAST_BUDGET = 6
"""Everything hidden, everything shown, and two pairs."""

_MOST_LISTED = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Coalitions:
    """Rows to evaluate, bool [rows, players], True where a player is shown.

    Row 0 hides everybody. When `exact`, row r shows the players whose bits are set in r. Otherwise row 1 shows
    everybody and rows 2k, 2k+1 (k >= 1) are a coalition and its complement; `weights` [pairs] are the regression
    weights of the pairs and `sizes` [pairs] the size of the smaller half.
    """

    shown: NDArray[np.bool_]
    exact: bool
    weights: NDArray[np.float64]
    sizes: NDArray[np.int64]

    @property
    def players(self) -> int:
        """Number of players."""
        return int(self.shown.shape[1])


def default_budget(players: int) -> int:
    """Evaluations for a settled answer: all 2^n up to 10 players, then max(384, 8 n)."""
    return 1 << players if players <= EXACT_PLAYERS else max(384, 8 * players)


def quick_budget(players: int) -> int:
    """Evaluations for a first answer: about 2 n."""
    return min(1 << players, 2 * players + 2)


def draw_coalitions(players: int, budget: int, *, seed: int) -> Coalitions:
    """The rows for a game of `players`: all 2^n if the budget holds them, else v0, v1 and (budget - 2) / 2 pairs.

    Raises ValueError for a budget below 6 (or below 2^n where that is smaller): an error takes two pairs.
    """
    if players < 0 or budget < min(1 << players, LEAST_BUDGET):
        raise ValueError(f"{players} players cannot be explained with {budget} evaluations")
    if budget >= 1 << players:
        return _all_coalitions(players)
    rng = np.random.default_rng(seed)
    strata = [
        (size, quota, _draw_stratum(players, size, quota, rng))
        for size, quota in enumerate(_quotas(players, (budget - 2) // 2), start=1)
        if quota
    ]
    halves = np.concatenate([rows for _, _, rows in strata])
    shown = np.empty((2 * len(halves) + 2, players), dtype=np.bool_)
    shown[0], shown[1], shown[2::2], shown[3::2] = False, True, halves, ~halves
    weights = np.concatenate([np.full(quota, _kernel(players, size) / quota) for size, quota, _ in strata])
    sizes = np.repeat([size for size, _, _ in strata], [quota for _, quota, _ in strata])
    return Coalitions(shown, exact=False, weights=weights, sizes=sizes.astype(np.int64))


def _all_coalitions(players: int) -> Coalitions:
    shown = (np.arange(2**players)[:, None] >> np.arange(players)[None, :]) & 1 == 1
    return Coalitions(shown, exact=True, weights=np.empty(0), sizes=np.empty(0, dtype=np.int64))


def _kernel(players: int, size: int) -> float:
    """Weight of all pairs of one size together: the Shapley kernel summed over sizes s and n - s."""
    return (1.0 if 2 * size == players else 2.0) / (size * (players - size))


def _capacity(players: int, size: int) -> int:
    """How many different pairs {S, not S} have a half of that size."""
    return comb(players, size) // 2 if 2 * size == players else comb(players, size)


def _quotas(players: int, pairs: int) -> list[int]:
    """Pairs per size 1..n/2, even over the sizes 1..n-1, what a small stratum cannot hold goes to the others."""
    sizes = range(1, players // 2 + 1)
    capacity = np.array([float(_capacity(players, size)) for size in sizes])
    share = np.array([1.0 if 2 * size == players else 2.0 for size in sizes])
    quota = np.zeros(len(capacity))
    for _ in sizes:
        is_open = quota < capacity
        if not is_open.any() or pairs - quota.sum() < 0.5:
            break
        quota[is_open] += (pairs - quota.sum()) * share[is_open] / share[is_open].sum()
        quota = np.minimum(quota, capacity)
    whole = np.floor(quota).astype(np.int64)
    rest = pairs - int(whole.sum())
    order = np.argsort(whole - quota, kind="stable")
    for index in order[whole[order] < capacity[order]][:rest]:
        whole[index] += 1
    return [int(count) for count in whole]


def _draw_stratum(players: int, size: int, quota: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """`quota` different pairs of one size, bool [quota, players]."""
    capacity = _capacity(players, size)
    if capacity <= _MOST_LISTED and 2 * quota > capacity:
        listed = list(combinations(range(players), size))[:capacity]
        chosen = [listed[index] for index in rng.permutation(capacity)[:quota]]
    else:
        chosen = _draw_balanced(players, size, quota, rng)
    rows = np.zeros((quota, players), dtype=np.bool_)
    rows[np.repeat(np.arange(quota), size), np.array(chosen).ravel()] = True
    return rows


def _draw_balanced(players: int, size: int, quota: int, rng: np.random.Generator) -> list[tuple[int, ...]]:
    """Cut shuffled players into sets of `size`: every player is shown about equally often."""
    seen: dict[tuple[int, ...], None] = {}
    while len(seen) < quota:
        order = rng.permutation(players)
        for start in range(0, players - size + 1, size):
            members = tuple(sorted(order[start : start + size].tolist()))
            if 2 * size == players and members[0] != 0:
                continue
            seen[members] = None
    return list(seen)[:quota]
