"""Ways to value the players of a game: ours, and the peers that people know, all on the same coalitions' payoffs.

A peer gets the very words and masks that we use, so that what differs is the estimator and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from tokapp.errors import BadInput
from tokapp.explanations.coalitions import LEAST_BUDGET, Coalitions, default_budget, draw_coalitions, quick_budget
from tokapp.explanations.estimator import Estimate, estimate_values
from tokapp.explanations.peers import partition, permutation

Floats = NDArray[np.float64]

Method: TypeAlias = Literal["odd-regression", "permutation", "partition", "leave-one-out", "integrated-gradients"]
OURS: Method = "odd-regression"
SEEDLESS: tuple[Method, ...] = ("partition", "leave-one-out", "integrated-gradients")
"""Those that draw nothing: every seed gives the same values."""

QUICK = 0
"""As a budget: about two evaluations per word, for a first answer."""


_LEAST_STEPS, _MOST_STEPS = 16, 128
"""Steps of integrated gradients for one payoff."""


class Evaluate(Protocol):
    """Payoffs [rows, payoffs] of coalitions `shown` bool [rows, players]; `progress` gets the rows done so far."""

    def __call__(self, shown: NDArray[np.bool_], *, progress: Callable[[int], None] | None = None) -> Floats: ...


class Integrate(Protocol):
    """Integrated gradients [players, payoffs] by so many steps for each payoff; `progress` gets the steps so far."""

    def __call__(self, steps: int, *, progress: Callable[[int], None] | None = None) -> Floats: ...


@dataclass(slots=True, eq=False)
class Play:
    """A game that is being played: counts the rows that were evaluated, and reports shares of those planned."""

    evaluate: Evaluate
    progress: Callable[[float], None] | None = None
    integrate: Integrate | None = None
    rows: int = 0

    def __call__(self, shown: NDArray[np.bool_], *, planned: int) -> Floats:
        """Payoffs of coalitions; `planned` is how many rows the method is going to ask for in all."""
        payoffs = self.evaluate(shown, progress=self._report(planned))
        self.rows += len(shown)
        return payoffs

    def slope(self, steps: int, payoffs: int, *, planned: int) -> Floats:
        """Integrated gradients [players, payoffs]; raises BadInput for a game that is known by its coalitions alone."""
        if self.integrate is None:
            raise BadInput("there are no gradients where only coalitions are known; choose another method")
        values = self.integrate(steps, progress=self._report(planned))
        self.rows += steps * payoffs
        return values

    def _report(self, planned: int) -> Callable[[int], None] | None:
        before, progress = self.rows, self.progress
        return None if progress is None else lambda done: progress(min((before + done) / planned, 1.0))


@dataclass(frozen=True, slots=True, eq=False)
class Valuation:
    """What a method says about a game, and the rows that it evaluated for it, repeated ones too."""

    method: Method
    estimate: Estimate
    evaluations: int
    exact: bool
    seed: int


def value_players(
    method: str,
    evaluate: Evaluate,
    players: int,
    budget: int | None = None,
    *,
    seed: int,
    wanted_error: float | None = None,
    progress: Callable[[float], None] | None = None,
    integrate: Integrate | None = None,
) -> Valuation:
    """Values of the players of a game for all its payoffs, by a named method.

    `budget` counts evaluated rows (None: `default_budget`, QUICK: `quick_budget`); leave-one-out always takes
    players + 2, and the others at least what one answer takes. `wanted_error` stops ours before the budget is spent,
    see `_until_sure`. `integrate` is what integrated gradients need of a game. Raises BadInput for a method that does
    not exist, that cannot stop so, or that this game cannot be valued by.
    """
    chosen = named(method)
    if wanted_error is not None and chosen != OURS:
        raise BadInput(f"{chosen} does not know how wrong it is: only {OURS} can stop at a wanted error")
    if budget is None:
        budget = default_budget(players)
    elif budget == QUICK:
        budget = quick_budget(players)
    play = Play(evaluate, progress, integrate)
    if wanted_error is not None:
        estimate, exact = _until_sure(play, players, budget, seed, wanted_error)
    else:
        estimate, exact = _SOLVERS[chosen](play, players, budget, seed)
    if progress is not None:  # fewer rows may have been needed than were allowed
        progress(1.0)
    return Valuation(chosen, estimate, play.rows, exact, seed)


def named(method: str) -> Method:
    """The method of that name; raises BadInput for one that does not exist."""
    for known in METHODS:
        if known == method:
            return known
    raise BadInput(f"there is no method {method!r} to explain by; choose one of {', '.join(METHODS)}")


def _odd_regression(play: Play, players: int, budget: int, seed: int) -> tuple[Estimate, bool]:
    coalitions = draw_coalitions(players, max(budget, min(1 << players, LEAST_BUDGET)), seed=seed)
    payoffs = play(coalitions.shown, planned=len(coalitions.shown))
    return estimate_values(coalitions, payoffs), coalitions.exact


def _until_sure(play: Play, players: int, budget: int, seed: int, wanted_error: float) -> tuple[Estimate, bool]:
    """The odd regression with ever more pairs, until no payoff's `Estimate.normalised_errors` is above `wanted_error`.

    Looks at a first answer, then at half as many rows again, and so on up to `budget`; no row is evaluated twice. On
    enumerated reviews of 11 and 12 words (wanted .1, .03, .01; 40 runs each) the true error at the stop was half of
    what was wanted on average, above it in 7 to 12 % of the runs and above twice of it in 3 to 5 %.
    """
    budget = max(budget, min(1 << players, LEAST_BUDGET))
    stage = min(max(quick_budget(players), LEAST_BUDGET), budget)
    coalitions = draw_coalitions(players, stage, seed=seed)
    payoffs = play(coalitions.shown, planned=budget)
    estimate = estimate_values(coalitions, payoffs)
    while stage < budget and estimate.normalised_errors.max(initial=0.0) > wanted_error:
        stage = min(stage + stage // 2, budget)
        before, coalitions = coalitions, draw_coalitions(players, stage, seed=seed)
        payoffs = _go_on(play, before, payoffs, coalitions, planned=budget)
        estimate = estimate_values(coalitions, payoffs)
    return estimate, coalitions.exact


def _go_on(play: Play, before: Coalitions, known: Floats, coalitions: Coalitions, *, planned: int) -> Floats:
    """Payoffs of a plan, of which those of a smaller plan's rows are known."""
    payoffs = np.empty((len(coalitions.shown), known.shape[1]))
    places = coalitions.places_of(before)
    payoffs[places] = known
    rest = np.setdiff1d(np.arange(len(payoffs)), places)
    payoffs[rest] = play(coalitions.shown[rest], planned=planned)
    return payoffs


def _leave_one_out(play: Play, players: int, budget: int, seed: int) -> tuple[Estimate, bool]:
    """What is lost when a word alone is hidden; does not sum to anything, and misses words that stand in for others."""
    shown = np.ones((players + 2, players), np.bool_)
    shown[0] = False
    shown[np.arange(players) + 2, np.arange(players)] = False
    payoffs = play(shown, planned=len(shown))
    values = payoffs[1] - payoffs[2:]
    return Estimate(values, np.zeros_like(values), payoffs[0], payoffs[1]), False


def _permutation(play: Play, players: int, budget: int, seed: int) -> tuple[Estimate, bool]:
    if players < 2:
        return _odd_regression(play, players, 2, seed)
    budget = max(budget, 2 * players + 1)
    return permutation(lambda shown: play(shown, planned=budget), players, budget, seed=seed), False


def _partition(play: Play, players: int, budget: int, seed: int) -> tuple[Estimate, bool]:
    if players < 2:
        return _odd_regression(play, players, 2, seed)
    budget = max(budget, 4)
    return partition(lambda shown: play(shown, planned=budget), players, budget, seed=seed), False


def _integrated_gradients(play: Play, players: int, budget: int, seed: int) -> tuple[Estimate, bool]:
    """A peer that asks for no coalitions but both ends; what its steps miss of the sum is the error, spread evenly."""
    ends = play(np.array([[False] * players, [True] * players]), planned=budget)
    payoffs = ends.shape[1]
    steps = int(np.clip((budget - 2) // payoffs, _LEAST_STEPS, _MOST_STEPS))
    values = play.slope(steps, payoffs, planned=2 + steps * payoffs)
    missed = np.abs(ends[1] - ends[0] - values.sum(axis=0)) / max(players, 1)
    return Estimate(values, np.broadcast_to(missed, values.shape), ends[0], ends[1]), False


METHODS: tuple[Method, ...] = get_args(Method)
_SOLVERS: Mapping[Method, Callable[[Play, int, int, int], tuple[Estimate, bool]]] = {
    "odd-regression": _odd_regression,
    "permutation": _permutation,
    "partition": _partition,
    "leave-one-out": _leave_one_out,
    "integrated-gradients": _integrated_gradients,
}
