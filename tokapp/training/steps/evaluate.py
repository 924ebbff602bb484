"""Evaluation on validation data: figures for the metrics of the version; no weight changes."""

from __future__ import annotations

from typing import Literal

from tokapp.training.steps.settings import Settings


class Evaluate(Settings):
    """Settings of evaluation; it never changes the model, so every setting is neutral."""

    step: Literal["evaluate"] = "evaluate"


NEUTRAL = Evaluate()
