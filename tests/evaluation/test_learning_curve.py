"""The law behind a learning curve is found again, its interval covers the truth, and too little says nothing."""

from __future__ import annotations

import numpy as np
import pytest

from tokapp.evaluation.learning_curve import Law, Point, expected_gain, fit_law

TRUE = Law(limit=0.85, gap=0.15, rate=0.6, size=400)
SIZES = (100, 200, 300, 400)


def figures(noise: float, *, seeds: int = 3, sizes: tuple[int, ...] = SIZES, draw: int = 0) -> list[Point]:
    random = np.random.default_rng(draw)
    return [Point(n, seed, TRUE.at(n) + noise * random.standard_normal()) for n in sizes for seed in range(seeds)]


def test_a_law_without_noise_is_found_again() -> None:
    found = fit_law(figures(0.0))
    assert (found.limit, found.gap, found.rate) == pytest.approx((0.85, 0.15, 0.6), abs=2e-3)
    # by hand: 0.15 * (1 - 1.25 ** -0.6) = 0.15 * (1 - 0.87469) = 0.018796
    assert TRUE.gain(100) == pytest.approx(0.018796, abs=1e-5)
    gain = expected_gain(figures(0.0), 100, draws=20)
    assert gain is not None and gain.expected == pytest.approx(0.0188, abs=1e-3)


def test_most_intervals_hold_what_is_true() -> None:
    found = [expected_gain(figures(0.01, draw=draw), 100, draws=60) for draw in range(24)]
    held = [one is not None and one.low <= TRUE.gain(100) <= one.high for one in found]
    assert sum(held) >= 18


def test_figures_that_cannot_tell_say_nothing() -> None:
    assert expected_gain(figures(0.0, seeds=1), 100) is None
    assert expected_gain(figures(0.0, sizes=(100, 400)), 100) is None
    assert expected_gain(figures(0.3), 400, draws=60) is None
    with pytest.raises(ValueError, match="at least 3 sizes"):
        fit_law(figures(0.0, sizes=(100, 400)))
