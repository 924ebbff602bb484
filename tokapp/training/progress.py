"""How far a training is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """A moment of a training: `step` of `steps`, `epoch` with fraction, the loss averaged over the last steps.

    `validation_f1` is set right after a validation: exact span F1 (character F1 for models of scheme "io"), macro F1 of
    document labels, or the mean of both. `elapsed` and `remaining` are seconds. Of the recipe's `parts` that learn,
    this is number `part`, from 0; `step` counts within it.
    """

    step: int
    steps: int
    epoch: float
    loss: float
    validation_f1: float | None
    elapsed: float
    remaining: float
    part: int = 0
    parts: int = 1

    @property
    def share(self) -> float:
        """How much of the recipe is done, every part taken for equally long."""
        return (self.part + self.step / max(self.steps, 1)) / self.parts
