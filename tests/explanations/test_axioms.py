"""Shapley's axioms on games drawn at random: exact where all coalitions count, and what of them a sample keeps."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tokapp.explanations.coalitions import draw_coalitions
from tokapp.explanations.estimator import estimate_values, exact_values

Floats = NDArray[np.float64]
PLAYERS, SEEDS = st.integers(1, 10), st.integers(0, 2**32 - 1)
quickly = settings(max_examples=25, deadline=None)


def table(players: int, seed: int, columns: int = 2) -> Floats:
    """Payoffs of all coalitions, with interactions of every order; row r shows the players whose bits are set."""
    return np.random.default_rng(seed).normal(size=(1 << players, columns)) * 10


def place(row: int, first: int, second: int) -> int:
    """The row in which two players have changed places."""
    bits = (row >> first ^ row >> second) & 1
    return row ^ (bits << first | bits << second)


@given(PLAYERS, SEEDS)
@quickly
def test_values_sum_to_what_all_players_add(players: int, seed: int) -> None:
    payoffs = table(players, seed)
    assert np.allclose(exact_values(payoffs).sum(axis=0), payoffs[-1] - payoffs[0], atol=1e-6, rtol=0)


@given(st.integers(2, 10), SEEDS, st.data())
@quickly
def test_players_that_add_the_same_get_the_same(players: int, seed: int, data: st.DataObject) -> None:
    first, second = data.draw(st.permutations(range(players)))[:2]
    payoffs = table(players, seed)
    swapped = payoffs[[place(row, first, second) for row in range(len(payoffs))]]
    values = exact_values(payoffs + swapped)
    assert np.allclose(values[first], values[second], atol=1e-6, rtol=0)


@given(PLAYERS, SEEDS, st.data())
@quickly
def test_a_player_that_always_adds_the_same_gets_just_that(players: int, seed: int, data: st.DataObject) -> None:
    player, worth = data.draw(st.integers(0, players - 1)), data.draw(st.sampled_from([0.0, 3.5]))
    rows = np.arange(1 << players)
    payoffs = table(players, seed)[rows & ~(1 << player)] + worth * (rows[:, None] >> player & 1)
    assert np.allclose(exact_values(payoffs)[player], worth, atol=1e-6, rtol=0)


@given(PLAYERS, SEEDS, st.floats(-5, 5), st.floats(-5, 5))
@quickly
def test_values_of_a_sum_of_games_are_the_sum_of_values(players: int, seed: int, a: float, b: float) -> None:
    one, other = table(players, seed), table(players, seed + 1)
    expected = a * exact_values(one) + b * exact_values(other)
    assert np.allclose(exact_values(a * one + b * other), expected, atol=1e-6, rtol=0)


@given(st.integers(1, 6), SEEDS)
@quickly
def test_values_are_mean_gains_over_all_orders(players: int, seed: int) -> None:
    payoffs = table(players, seed)
    gains: list[Floats] = []
    for order in permutations(range(players)):
        shown = np.concatenate([[0], np.cumsum([1 << player for player in order])])
        gains.append(np.diff(payoffs[shown], axis=0)[np.argsort(order)])
    assert np.allclose(exact_values(payoffs), np.mean(gains, axis=0), atol=1e-6, rtol=0)


@pytest.mark.parametrize("budget", [20, 60, 300])
@given(SEEDS, st.floats(0.01, 100), st.floats(-100, 100))
@settings(max_examples=5, deadline=None)
def test_a_sample_keeps_the_sum_the_unit_and_the_zero(budget: int, seed: int, unit: float, zero: float) -> None:
    """Not linearity: how smooth a fit is depends on its game, so that values of a sum are not the sum of values."""
    coalitions = draw_coalitions(10, budget, seed=seed)
    payoffs = table(10, seed)[coalitions.shown @ (1 << np.arange(10))]
    result = estimate_values(coalitions, payoffs)
    assert np.allclose(result.values.sum(axis=0), payoffs[1] - payoffs[0], atol=1e-6, rtol=0)
    other = estimate_values(coalitions, unit * payoffs + zero)
    assert np.allclose(other.values, unit * result.values, atol=1e-6 * max(unit, 1))
    assert np.allclose(other.errors, unit * result.errors, atol=1e-6 * max(unit, 1))
