"""Stopping as soon as the estimate is sure enough: never beyond the budget, never a row twice, and honestly."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.explanations.test_estimator import everything, normalised_error, smooth_game
from tokapp.documents import Document, Target
from tokapp.errors import BadInput
from tokapp.explanations import METHODS, explain
from tokapp.explanations.coalitions import default_budget
from tokapp.explanations.estimator import Estimate, exact_values
from tokapp.explanations.methods import Valuation, value_players
from tokapp.models.token_model import TokenModel

Floats = NDArray[np.float64]


class Played:
    """A game that remembers which rows it was asked for."""

    def __init__(self, players: int, seed: int) -> None:
        self.game, self.asked = smooth_game(players, seed), [np.zeros((0, players), np.bool_)]

    def __call__(self, shown: NDArray[np.bool_], *, progress: Callable[[int], None] | None = None) -> Floats:
        self.asked.append(shown)
        return self.game(shown)

    def stop_at(self, wanted_error: float, budget: int | None = None, *, seed: int = 0) -> Valuation:
        players = self.asked[0].shape[1]
        return value_players("odd-regression", self, players, budget, seed=seed, wanted_error=wanted_error)


@pytest.mark.parametrize("players", [3, 8, 12, 40])
def test_no_row_is_asked_for_twice_and_the_budget_is_never_exceeded(players: int) -> None:
    played = Played(players, 1)
    valued = played.stop_at(1e-12)
    rows = np.concatenate(played.asked)
    assert len(np.unique(rows, axis=0)) == len(rows) == valued.evaluations == default_budget(players)
    whole = value_players("odd-regression", Played(players, 1), players, seed=0).estimate
    assert np.allclose(valued.estimate.values, whole.values, atol=1e-9)


def test_an_answer_that_is_sure_enough_comes_early() -> None:
    loose, strict = (Played(20, 2).stop_at(wanted, 2000) for wanted in (0.2, 0.02))
    assert loose.evaluations < strict.evaluations < 2000
    assert loose.estimate.normalised_errors.max() <= 0.2
    assert strict.estimate.normalised_errors.max() <= 0.02


def test_the_error_at_a_stop_is_about_what_was_wanted() -> None:
    errors = []
    for seed in range(8):
        reference = exact_values(smooth_game(12, seed)(everything(12).shown))
        errors.append(normalised_error(Played(12, seed).stop_at(0.05, 1000, seed=seed).estimate.values, reference))
    assert np.mean(errors) < 0.05


def test_a_normalised_error_compares_what_is_in_doubt_with_what_is_explained() -> None:
    values = np.array([[3.0, 0.0, 0.0], [4.0, 0.0, 0.0]])
    errors = np.array([[0.5, 0.0, 0.1], [0.5, 0.0, 0.0]])
    assert Estimate(values, errors, np.zeros(3), np.zeros(3)).normalised_errors.tolist() == [0.02, 0.0, np.inf]


def test_only_ours_knows_how_wrong_it_is(reviews: TokenModel) -> None:
    target = Target("span", "feature", 0, 6)
    for method in METHODS[1:]:
        with pytest.raises(BadInput, match="can stop at a wanted error"):
            explain(reviews, Document("a", "Search is slow"), [target], method=method, wanted_error=0.1)


def test_a_text_is_explained_until_it_is_sure(reviews: TokenModel) -> None:
    text = "The app is slow after the update, please fix the search and the notes sync."
    targets = [Target("span", "feature", 38, 53), Target("span", "feature", 0, 7)]
    found = explain(reviews, Document("a", text), targets, wanted_error=0.1)
    assert {one.evaluations for one in found} < set(range(384))
    for one in found:
        assert sum(error**2 for error in one.errors) <= 0.1 * sum(value**2 for value in one.values)
