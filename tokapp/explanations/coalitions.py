"""Which words are shown and which are hidden in each masked forward: the sampling plan of the Shapley estimate.

Coalitions come in pairs, a set and its complement, so that the part of a game that both share (all interactions of
even order) cancels before anything is estimated. The draws depend on players and seed alone, and a plan is the
beginning of every larger one: whoever asks for more only evaluates what is new, and gets what asking for all of it at
once would have given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import combinations, islice
from math import comb

import numpy as np
from numpy.typing import NDArray

EXACT_PLAYERS = 10
"""Up to this many players every coalition is evaluated: at most 1024 short rows."""

LEAST_BUDGET = 6
"""Everything hidden, everything shown, and two pairs."""

_GOLDEN = (5**0.5 - 1) / 2


@dataclass(frozen=True, slots=True, eq=False)
class Coalitions:
    """Rows to evaluate, bool [rows, players], True where a player is shown.

    Row 0 hides everybody. When `exact`, row r shows the players whose bits are set in r. Otherwise row 1 shows
    everybody and rows 2k, 2k+1 (k >= 1) are a coalition and its complement; `weights` [pairs] are the regression
    weights of the pairs and `sizes` [pairs] the size of the smaller half, which comes first.
    """

    shown: NDArray[np.bool_]
    exact: bool
    weights: NDArray[np.float64]
    sizes: NDArray[np.int64]

    @property
    def players(self) -> int:
        """Number of players."""
        return int(self.shown.shape[1])

    def places_of(self, beginning: Coalitions) -> NDArray[np.intp]:
        """The row of each row of a smaller plan for the same players and seed."""
        if self.exact:
            return beginning.shown @ (1 << np.arange(self.players))
        return np.arange(len(beginning.shown))


def default_budget(players: int) -> int:
    """Evaluations for a settled answer: all 2^n up to 10 players, then max(384, 8 n)."""
    return 1 << players if players <= EXACT_PLAYERS else max(384, 8 * players)


def quick_budget(players: int) -> int:
    """Evaluations for a first answer: about 2 n."""
    return min(1 << players, 2 * players + 2)


def refined_budget(players: int) -> int:
    """Evaluations for an answer better than the settled one, where there is one: twice as many."""
    return min(1 << players, 2 * default_budget(players))


def draw_coalitions(players: int, budget: int, *, seed: int) -> Coalitions:
    """The rows for a game of `players`: all 2^n if the budget holds them, else v0, v1 and (budget - 2) / 2 pairs.

    Raises ValueError for a budget below 6 (or below 2^n where that is smaller): an error takes two pairs.
    """
    if players < 0 or budget < min(1 << players, LEAST_BUDGET):
        raise ValueError(f"{players} players cannot be explained with {budget} evaluations")
    if budget >= 1 << players:
        return _all_coalitions(players)
    halves = list(islice(_pairs(players, seed), (budget - 2) // 2))
    sizes = np.array([len(half) for half in halves])
    shown = np.zeros((2 * len(halves) + 2, players), dtype=np.bool_)
    shown[2 + 2 * np.repeat(np.arange(len(halves)), sizes), np.concatenate(halves)] = True
    shown[1], shown[3::2] = True, ~shown[2::2]
    quota = Counter(sizes.tolist())
    weights = np.array([_kernel(players, size) / quota[size] for size in sizes.tolist()])
    return Coalitions(shown, exact=False, weights=weights, sizes=sizes)


def _all_coalitions(players: int) -> Coalitions:
    shown = (np.arange(2**players)[:, None] >> np.arange(players)[None, :]) & 1 == 1
    return Coalitions(shown, exact=True, weights=np.empty(0), sizes=np.empty(0, dtype=np.int64))


def _kernel(players: int, size: int) -> float:
    """Weight of all pairs of one size together: the Shapley kernel summed over sizes s and n - s."""
    return (1.0 if 2 * size == players else 2.0) / (size * (players - size))


def _capacity(players: int, size: int) -> int:
    """How many different pairs {S, not S} have a half of that size."""
    return comb(players, size) // 2 if 2 * size == players else comb(players, size)


def _pairs(players: int, seed: int) -> Iterator[tuple[int, ...]]:
    """The smaller halves of all pairs, wherever one stops spread as evenly over sizes 1..n-1 as these hold.

    The first n - 1 pairs show the players of one shuffled order one after another: so few pairs tell the players apart
    best if neighbours in the order differ by one player (they make a permutation estimate, forwards and backwards).
    """
    order, sizes = np.random.default_rng(seed).permutation(players), range(1, players // 2 + 1)
    strata = {size: _stratum(order, size, np.random.default_rng([seed, size])) for size in sizes}
    for _, size in merge(*(_turns(players, size) for size in sizes)):
        yield next(strata[size])


def _turns(players: int, size: int) -> Iterator[tuple[float, int]]:
    """When pairs of a size are drawn: in equal steps (of which a size that is its own complement takes one in two).

    First turns differ by the golden ratio, so that plans with fewer pairs than sizes have small and large ones.
    """
    step = 2.0 if 2 * size == players else 1.0
    first = size * _GOLDEN % 1.0
    return (((first + turn) * step, size) for turn in range(_capacity(players, size)))


def _stratum(order: NDArray[np.int64], size: int, rng: np.random.Generator) -> Iterator[tuple[int, ...]]:
    """All different pairs of one size: both ends of `order`, then draws that show every player about as often, and
    from half of all pairs on the rest of them.
    """
    players = len(order)
    capacity, seen = _capacity(players, size), set[tuple[int, ...]]()
    ends = np.concatenate([order[:size], order[players - size :]])
    while 2 * len(seen) < capacity:
        for members in _cut(rng.permutation(players) if seen else ends, size):
            if members not in seen and (members[0] == 0 or 2 * size != players):  # halves stand for their complement
                seen.add(members)
                yield members
    rest = [one for one in islice(combinations(range(players), size), capacity) if one not in seen]
    yield from (rest[index] for index in rng.permutation(len(rest)))


def _cut(order: NDArray[np.int64], size: int) -> Iterator[tuple[int, ...]]:
    """Shuffled players in sets of `size`."""
    for start in range(0, len(order) - size + 1, size):
        yield tuple(sorted(order[start : start + size].tolist()))
