"""Right for the right reasons: later fine-tuning is kept from deciding by words that people marked as no evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from tokapp.training.steps.settings import Settings

if TYPE_CHECKING:
    from tokapp.training.state import TrainingState


class RightReasons(Settings):
    """Settings of the penalty; `weight` 0 is neutral: training is then the plain one, bit for bit.

    To the loss of every fine-tuning after this step, `weight` times the mean over a batch's rows of a penalty is added:
    the squares of the gradient of sum_k log p_k (over all labels k) by the input embeddings of the words that were
    marked as no evidence. Ross, Hughes and Doshi-Velez 2017, Right for the Right Reasons, eq. 1, with means in place of
    sums. With `only_evidence`, where people marked evidence for a decision, every other word counts as none.
    Documents without marks have no penalty.
    """

    step: Literal["right_reasons"] = "right_reasons"
    weight: float = Field(default=0.0, ge=0)
    only_evidence: bool = False


NEUTRAL = RightReasons()


def run(settings: RightReasons, state: TrainingState) -> None:
    """Let the fine-tuning that comes next use the marks, or leave them alone."""
    state.right_reasons = settings if settings.weight else None
