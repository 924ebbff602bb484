"""Every method on games whose values can be worked out by hand, and on real tiny networks."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tokapp.documents import Document, Target
from tokapp.errors import BadInput
from tokapp.explanations import METHODS, explain
from tokapp.explanations.export import attribution_to_record
from tokapp.explanations.methods import Evaluate, Valuation, value_players
from tokapp.explanations.peers import neighbour_tree
from tokapp.models.token_model import TokenModel

Floats = NDArray[np.float64]
COALITIONAL = [method for method in METHODS if method != "integrated-gradients"]
SHAPLEY = [method for method in COALITIONAL if method != "leave-one-out"]
TEXT = "The app is slow after the update, please fix the search and the notes sync."


def game(payoffs: Callable[[NDArray[np.bool_]], Floats]) -> Evaluate:
    def evaluate(shown: NDArray[np.bool_], *, progress: Callable[[int], None] | None = None) -> Floats:
        if progress is not None:
            progress(len(shown))
        return payoffs(shown)

    return evaluate


def value(method: str, payoffs: Callable[[NDArray[np.bool_]], Floats], players: int, budget: int = 200) -> Valuation:
    return value_players(method, game(payoffs), players, budget, seed=7)


@pytest.mark.parametrize("method", COALITIONAL)
@pytest.mark.parametrize("players", [1, 2, 5, 13])
def test_every_method_gives_an_additive_game_its_weights(method: str, players: int) -> None:
    weights = np.random.default_rng(players).normal(size=(players, 2))
    valued = value(method, lambda shown: shown @ weights + 7, players)
    assert np.allclose(valued.estimate.values, weights, atol=1e-6)
    assert np.allclose(valued.estimate.base, 7) and np.allclose(valued.estimate.output, 7 + weights.sum(axis=0))


@pytest.mark.parametrize("method", SHAPLEY)
def test_a_majority_of_three_shares_equally_and_a_dummy_gets_nothing(method: str) -> None:
    valued = value(method, lambda shown: (shown[:, :3].sum(axis=1, keepdims=True) >= 2) * 1.0, 4, 900)
    if method == "partition":  # Owen values of the tree ((0 1) (2 3)): the first pair alone is a majority
        assert np.allclose(valued.estimate.values[:, 0], [0.5, 0.5, 0.0, 0.0])
    else:
        tolerance = 0.1 if method == "permutation" else 1e-9
        assert np.allclose(valued.estimate.values[:, 0], [1 / 3, 1 / 3, 1 / 3, 0], atol=tolerance)


def test_leave_one_out_misses_words_that_stand_in_for_each_other() -> None:
    either = value("leave-one-out", lambda shown: shown[:, :2].any(axis=1, keepdims=True) * 1.0, 3)
    assert either.estimate.values.tolist() == [[0.0], [0.0], [0.0]] and either.evaluations == 5


@pytest.mark.parametrize("method", SHAPLEY)
@pytest.mark.parametrize("columns", [1, 3])
def test_values_sum_to_output_minus_base_and_evaluations_are_counted(method: str, columns: int) -> None:
    rng = np.random.default_rng(3)
    weights, last = rng.normal(size=(15, 6)), rng.normal(size=(6, columns))
    rows: list[int] = []

    def payoffs(shown: NDArray[np.bool_]) -> Floats:
        rows.append(len(shown))
        return np.tanh(shown @ weights) @ last

    valued = value(method, payoffs, 15, 100)
    assert valued.evaluations == sum(rows) <= 100
    empty, whole = payoffs(np.array([[False] * 15, [True] * 15]))
    assert np.allclose(valued.estimate.base, empty) and np.allclose(valued.estimate.output, whole)
    assert np.allclose(valued.estimate.values.sum(axis=0), whole - empty)
    assert valued.estimate.values.shape == valued.estimate.errors.shape == (15, columns)


def test_a_game_of_coalitions_alone_has_no_gradients() -> None:
    with pytest.raises(BadInput, match="no gradients where only coalitions are known"):
        value("integrated-gradients", lambda shown: shown.sum(axis=1, keepdims=True), 3)


@given(st.permutations(range(6)), st.integers(0, 2**32 - 1))
@settings(max_examples=15, deadline=None)
def test_shuffling_the_words_shuffles_the_values(order: list[int], seed: int) -> None:
    weights = np.random.default_rng(seed).normal(size=(6, 2))

    def payoffs(shown: NDArray[np.bool_]) -> Floats:
        return np.tanh(shown @ weights)

    for method in ("odd-regression", "leave-one-out"):
        plain = value(method, payoffs, 6).estimate.values
        shuffled = value(method, lambda shown: payoffs(shown[:, np.argsort(order)]), 6).estimate.values
        assert np.allclose(shuffled, plain[order], atol=1e-9)


def test_permutation_values_are_the_mean_over_all_orders_in_the_long_run() -> None:
    def payoffs(shown: NDArray[np.bool_]) -> Floats:
        return (shown[:, :1] & shown[:, 1:2] & ~shown[:, 2:3]) * 6.0 + shown[:, 3:4]

    expected = np.zeros(4)
    for order in permutations(range(4)):
        shown = np.zeros((5, 4), np.bool_)
        for step, player in enumerate(order):
            shown[step + 1 :, player] = True
        expected[list(order)] += np.diff(payoffs(shown)[:, 0]) / 24
    valued = value("permutation", payoffs, 4, 9 * 400)
    assert np.abs(valued.estimate.values[:, 0] - expected).max() < 4 * valued.estimate.errors.max() < 1


@pytest.mark.parametrize("method", ["permutation", "partition"])
def test_shap_leaves_numpys_global_generator_as_it_was(method: str) -> None:
    np.random.seed(5)
    expected = np.random.random(3).tolist()
    np.random.seed(5)
    first, again = (value(method, lambda shown: np.tanh(shown.sum(axis=1, keepdims=True)), 9, 40) for _ in range(2))
    assert np.random.random(3).tolist() == expected
    assert np.array_equal(first.estimate.values, again.estimate.values)


@given(st.integers(2, 60))
def test_the_tree_of_neighbours_joins_every_player_once_and_nothing_across(players: int) -> None:
    members = [{player} for player in range(players)]
    for left, right, _, count in neighbour_tree(players).tolist():
        joined = members[int(left)] | members[int(right)]
        assert len(joined) == count == max(joined) - min(joined) + 1
        members.append(joined)
    assert members[-1] == set(range(players)) and len(members) == 2 * players - 1


@pytest.mark.parametrize("method", METHODS)
def test_a_document_is_explained_by_any_method_on_the_same_game(reviews: TokenModel, method: str) -> None:
    document, targets = Document("a", TEXT), [Target("span", "feature", 48, 54), Target("span", "feature", 4, 7)]
    shares: list[float] = []
    ours = explain(reviews, document, targets, budget=70)
    found = explain(reviews, document, targets, budget=70, method=method, progress=shares.append)
    assert [one.target for one in found] == targets and {one.method for one in found} == {method}
    assert found[0].words == ours[0].words and found[0].evaluations <= 70
    assert found[0].output_value == pytest.approx(ours[0].output_value, abs=1e-4)
    assert found[0].base_value == pytest.approx(ours[0].base_value, abs=1e-4)
    assert shares == sorted(shares) and shares[-1] == 1.0
    assert attribution_to_record(found[0]).get("method", "odd-regression") == method
    if method in SHAPLEY:
        assert np.corrcoef(found[0].values, ours[0].values)[0, 1] > 0.5


def test_a_method_that_does_not_exist_is_refused(reviews: TokenModel) -> None:
    with pytest.raises(BadInput, match="no method 'lime' to explain by; choose one of odd-regression, permutation"):
        explain(reviews, Document("a", TEXT), method="lime")
