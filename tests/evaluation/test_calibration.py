"""Calibration error by hand, and temperatures that are found again."""

from __future__ import annotations

import numpy as np
import pytest

from tokapp.evaluation.calibration import expected_calibration_error, fit_temperature, reliability


def test_calibration_error_of_two_bins_by_hand() -> None:
    confidence = np.array([0.9, 0.9, 0.9, 0.9, 0.6, 0.6])
    correct = np.array([True, True, True, False, True, False])
    assert expected_calibration_error(confidence, correct) == pytest.approx((4 * 0.15 + 2 * 0.1) / 6)


def test_confidence_of_exactly_one_falls_into_the_last_bin() -> None:
    (only,) = reliability(np.array([1.0]), np.array([True]))
    assert (only.low, only.high, only.accuracy) == (pytest.approx(14 / 15), 1.0, 1.0)


def test_no_prediction_has_no_calibration_error() -> None:
    assert expected_calibration_error(np.empty(0), np.empty(0, np.bool_)) == 0.0


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_that_made_logits_overconfident_is_found_again(temperature: float) -> None:
    random = np.random.default_rng(0)
    logits = random.normal(size=(20_000, 3)) * 2
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = (probabilities.cumsum(axis=1) > random.random((20_000, 1))).argmax(axis=1)
    assert fit_temperature(logits * temperature, truth) == pytest.approx(temperature, rel=0.05)


def test_no_rows_leave_the_temperature_alone() -> None:
    assert fit_temperature(np.empty((0, 2)), np.empty(0, np.int64)) == 1.0
