"""The Shapley estimate against enumeration, its axioms, and the plan of coalitions behind it."""

from __future__ import annotations

from collections.abc import Callable
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tokapp.explanations.coalitions import Coalitions, default_budget, draw_coalitions, quick_budget
from tokapp.explanations.estimator import Estimate, estimate_values, exact_values

Floats = NDArray[np.float64]
Game = Callable[[NDArray[np.bool_]], Floats]


def smooth_game(players: int, seed: int, columns: int = 3) -> Game:
    """A small random network on the shown players: interactions of every order, as in a text model."""
    rng = np.random.default_rng(seed)
    first, bias = rng.normal(size=(players, 16)) * 0.9, rng.normal(size=16) * 0.5
    second, last = rng.normal(size=(16, 8)) * 0.8, rng.normal(size=(8, columns)) * 2
    linear = rng.normal(size=(players, columns)) * 0.5

    def payoffs(shown: NDArray[np.bool_]) -> Floats:
        return np.tanh(np.tanh(shown @ first + bias) @ second) @ last + shown @ linear

    return payoffs


def everything(players: int) -> Coalitions:
    return draw_coalitions(players, 1 << players, seed=0)


def estimate(game: Game, players: int, budget: int, seed: int = 0) -> tuple[Coalitions, Estimate]:
    coalitions = draw_coalitions(players, budget, seed=seed)
    return coalitions, estimate_values(coalitions, game(coalitions.shown))


def normalised_error(values: Floats, reference: Floats) -> float:
    return float((((values - reference) ** 2).sum(axis=0) / (reference**2).sum(axis=0)).mean())


def antithetic_permutations(game: Game, players: int, budget: int, seed: int) -> Floats:
    """The stock estimator to beat: marginal contributions along shuffled orders and their reverses."""
    rng = np.random.default_rng(seed)
    total, orders = np.zeros(0), 0
    for _ in range((budget - 2) // (2 * (players - 1))):
        forward = rng.permutation(players)
        for order in (forward, forward[::-1]):
            shown = np.zeros((players + 1, players), dtype=np.bool_)
            for step, player in enumerate(order):
                shown[step + 1 :, player] = True
            gains = np.diff(game(shown), axis=0)[np.argsort(order)]
            total, orders = total + gains if orders else gains, orders + 1
    return total / orders


@given(st.integers(11, 40), st.integers(30, 300), st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_values_sum_to_output_minus_base(players: int, budget: int, seed: int) -> None:
    _, result = estimate(smooth_game(players, seed), players, budget, seed)
    assert np.allclose(result.values.sum(axis=0), result.output - result.base, rtol=1e-9, atol=1e-9)


@given(st.integers(1, 30), st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_an_additive_game_gives_its_weights(players: int, seed: int) -> None:
    weights = np.random.default_rng(seed).normal(size=(players, 2))
    _, result = estimate(lambda shown: shown @ weights + 7, players, default_budget(players), seed)
    assert np.allclose(result.values, weights, atol=1e-6)
    assert np.allclose(result.base, 7)


@pytest.mark.parametrize("players", [2, 5, 10])
def test_symmetric_players_get_the_same_and_a_dummy_gets_nothing(players: int) -> None:
    game = smooth_game(players, 3)

    def symmetric(shown: NDArray[np.bool_]) -> Floats:
        """Players 0 and 1 count only by how many of them are shown; the last player is added and does nothing."""
        either = shown[:, :players].copy()
        either[:, 0], either[:, 1] = shown[:, 0] | shown[:, 1], shown[:, 0] & shown[:, 1]
        return game(either)

    values = exact_values(symmetric(everything(players + 1).shown))
    assert np.allclose(values[0], values[1], atol=1e-12)
    assert np.allclose(values[players], 0, atol=1e-12)


def test_sampled_values_of_symmetric_and_dummy_players_agree_within_their_errors() -> None:
    weights = np.random.default_rng(0).normal(size=(20, 1))
    weights[4] = weights[5] = 0.8
    weights[9] = 0.0

    def game(shown: NDArray[np.bool_]) -> Floats:
        return np.tanh(shown @ weights / 4) * 4 + (shown[:, :3].all(axis=1, keepdims=True) * 0.5)

    _, result = estimate(game, 20, 384)
    assert abs(result.values[4, 0] - result.values[5, 0]) < 4 * result.errors[[4, 5], 0].max()
    assert abs(result.values[9, 0]) < 4 * result.errors[9, 0] < 0.2


def test_values_are_linear_in_enumerated_games() -> None:
    shown = everything(8).shown
    one, two = smooth_game(8, 1)(shown), smooth_game(8, 2)(shown)
    assert np.allclose(exact_values(2 * one - 3 * two), 2 * exact_values(one) - 3 * exact_values(two), atol=1e-10)


@pytest.mark.parametrize("players", [12, 25])
def test_pairing_removes_every_even_order(players: int) -> None:
    weights = np.random.default_rng(1).normal(size=(players, 1))
    pairs = np.random.default_rng(2).normal(size=(players, players)) * 5

    def game(shown: NDArray[np.bool_]) -> Floats:
        signs = np.where(shown, 1.0, -1.0)
        even = np.einsum("ri,ij,rj->r", signs, pairs, signs)[:, None] + 10 * signs[:, :4].prod(axis=1, keepdims=True)
        return shown @ weights + even

    _, result = estimate(game, players, 384)
    assert np.allclose(result.values, weights, atol=1e-5)


@pytest.mark.parametrize("triple", [[6, 7, 8], [2, 11, 17]])
def test_triples_are_shared_among_their_three_players(triple: list[int]) -> None:
    def game(shown: NDArray[np.bool_]) -> Floats:
        signs = np.where(shown, 1.0, -1.0)
        return 3 * signs[:, triple].prod(axis=1, keepdims=True) + shown[:, :1] * 2.0

    _, result = estimate(game, 20, 384)
    expected = np.zeros((20, 1))
    expected[triple], expected[0] = 2.0, 2.0
    assert np.allclose(result.values, expected, atol=0.02)


def test_the_first_pairs_show_one_player_more_each() -> None:
    shown = draw_coalitions(9, 2 + 2 * 8, seed=3).shown
    by_size = shown[np.argsort(shown.sum(axis=1), kind="stable")]
    chains = [by_size[0]]
    for row in by_size[1:]:
        if row.sum() > chains[-1].sum() and not (chains[-1] & ~row).any():
            chains.append(row)
    assert [int(row.sum()) for row in chains] == list(range(10))


@pytest.mark.parametrize("players", range(8, 13))
def test_the_estimate_beats_antithetic_permutations_at_equal_cost(players: int) -> None:
    ours, theirs = [], []
    for seed in range(10):
        game = smooth_game(players, seed)
        reference = exact_values(game(everything(players).shown))
        budget = min(128, (1 << players) - 2)
        ours.append(normalised_error(estimate(game, players, budget, seed)[1].values, reference))
        theirs.append(normalised_error(antithetic_permutations(game, players, budget, seed), reference))
    assert np.mean(ours) < np.mean(theirs) / 2


def test_two_errors_cover_most_enumerated_values() -> None:
    covered = []
    for seed in range(12):
        game = smooth_game(12, seed)
        reference = exact_values(game(everything(12).shown))
        result = estimate(game, 12, 384, seed)[1]
        covered.append(np.abs(result.values - reference) <= 2 * result.errors)
    assert np.mean(covered) > 0.9


@pytest.mark.parametrize("players", [0, 1, 2, 3, 10])
def test_few_players_are_enumerated_exactly(players: int) -> None:
    coalitions, result = estimate(smooth_game(players, 5), players, default_budget(players))
    assert coalitions.exact and len(coalitions.shown) == 2**players
    assert len(np.unique(coalitions.shown, axis=0)) == 2**players
    assert result.values.shape == (players, 3)
    assert not result.errors.any()
    assert np.allclose(result.values.sum(axis=0), result.output - result.base, atol=1e-12)


@given(st.integers(3, 70), st.integers(6, 600), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_a_plan_holds_distinct_pairs_and_keeps_to_its_budget(players: int, budget: int, seed: int) -> None:
    coalitions = draw_coalitions(players, budget, seed=seed)
    shown = coalitions.shown
    assert len(shown) <= budget
    assert len(np.unique(shown, axis=0)) == len(shown)
    if not coalitions.exact:
        assert len(shown) == 2 * (budget // 2)
        assert not shown[0].any() and shown[1].all()
        assert np.array_equal(shown[2::2], ~shown[3::2])
        assert np.array_equal(shown[2::2].sum(axis=1), coalitions.sizes)


@given(st.integers(3, 70), st.integers(6, 300), st.integers(1, 300), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_a_plan_is_the_beginning_of_every_larger_one(players: int, budget: int, more: int, seed: int) -> None:
    small, large = (draw_coalitions(players, one, seed=seed) for one in (budget, budget + more))
    if not large.exact:
        assert np.array_equal(small.shown, large.shown[: len(small.shown)])
    for plan in (small, large):
        if not plan.exact:
            by_size = np.bincount(plan.sizes, weights=plan.weights)[plan.sizes]
            sizes = plan.sizes * (players - plan.sizes)
            assert np.allclose(by_size * sizes, np.where(2 * plan.sizes == players, 1, 2))


def test_sizes_are_spread_evenly_as_far_as_they_hold() -> None:
    sizes = draw_coalitions(40, 384, seed=1).sizes
    counts = np.bincount(sizes)[1:]
    assert counts[:-1].max() - counts[:-1].min() <= 1
    assert abs(counts[-1] * 2 - counts[0]) <= 2
    small = np.bincount(draw_coalitions(11, 1000, seed=1).sizes)[1:]
    assert all(count <= comb(11, size) for size, count in enumerate(small, start=1))


@pytest.mark.parametrize(("players", "budget"), [(12, 384), (30, 62), (64, 512)])
def test_the_same_seed_gives_the_same_values_however_rows_are_batched(players: int, budget: int) -> None:
    game = smooth_game(players, 9)
    first, again = (draw_coalitions(players, budget, seed=4) for _ in range(2))
    assert np.array_equal(first.shown, again.shown)
    split = np.concatenate([game(again.shown[start : start + 7]) for start in range(0, len(again.shown), 7)])
    whole, parts = estimate_values(first, game(first.shown)), estimate_values(again, split)
    assert np.allclose(whole.values, parts.values, atol=1e-6)
    assert not np.array_equal(first.shown, draw_coalitions(players, budget, seed=5).shown)


def test_payoffs_are_estimated_independently_of_each_other() -> None:
    coalitions = draw_coalitions(16, 200, seed=0)
    payoffs = smooth_game(16, 2)(coalitions.shown)
    together = estimate_values(coalitions, payoffs).values
    alone = estimate_values(coalitions, payoffs[:, [1]]).values
    assert np.allclose(together[:, [1]], alone, atol=1e-9)


@pytest.mark.parametrize("players", [20, 40, 64])
def test_a_quick_answer_with_few_pairs_still_points_the_right_way(players: int) -> None:
    weights = np.random.default_rng(players).normal(size=(players, 2))

    def game(shown: NDArray[np.bool_]) -> Floats:
        return 5 * np.tanh(shown @ weights / 5) + smooth_game(players, 1, columns=2)(shown) / 10

    settled = estimate(game, players, 16 * players)[1].values
    quick = np.stack([estimate(game, players, quick_budget(players), seed)[1].values for seed in range(5)])
    assert np.mean([np.corrcoef(one.ravel(), settled.ravel())[0, 1] for one in quick]) > 0.7


def test_a_budget_without_room_for_one_pair_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be explained with 5"):
        draw_coalitions(12, 5, seed=0)
