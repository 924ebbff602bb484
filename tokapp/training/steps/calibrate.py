"""Calibration on validation data: temperatures and thresholds; no weight changes."""

from __future__ import annotations

from typing import Literal

from tokapp.training.steps.settings import Settings


class Calibrate(Settings):
    """Settings of calibration; both False is neutral.

    `temperature` fits one temperature for words and one for documents (Guo et al. 2017); `thresholds` picks, per span
    label, the word threshold with the best F1 by `goal`: exact spans, overlapping spans, or characters.
    """

    step: Literal["calibrate"] = "calibrate"
    temperature: bool = True
    thresholds: bool = True
    goal: Literal["exact", "overlap", "characters"] = "exact"


NEUTRAL = Calibrate(temperature=False, thresholds=False)
