"""Evaluation on validation data: figures for the metrics of the version; no weight changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tokapp.training.steps.settings import Settings

if TYPE_CHECKING:
    from tokapp.training.state import TrainingState


class Evaluate(Settings):
    """Settings of evaluation; it never changes the model, so every setting is neutral."""

    step: Literal["evaluate"] = "evaluate"


NEUTRAL = Evaluate()


def run(settings: Evaluate, state: TrainingState) -> None:
    """Put the figures on validation data under "validation" in the state's metrics."""
    from tokapp.evaluation.report import measure_once

    predictions = state.model().predict(state.validation)
    state.metrics["validation"] = measure_once(predictions, state.validation, state.task)
