"""Contrast: texts of one label are drawn together and apart from others, before a head learns to name them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from tokapp.training.steps.fine_tune import FineTune
from tokapp.training.steps.settings import Settings

if TYPE_CHECKING:
    from tokapp.training.state import TrainingState


class Contrast(Settings):
    """Settings of contrastive learning; no epochs in `learn` is neutral.

    The backbone (or its adapter) learns from triplets: an anchor, `partners` times another text of its label and one of
    another label; the loss is the mean of max(0, |a - p| - |a - n| + `margin`), with the margin and the number of
    partners in the code published with "Evaluating Large Language Models for Phishing Detection, Self-Consistency,
    Faithfulness, and Explainability". Theirs are distances of the head's two logits, which tie no logit to a label.
    Ours are those of the mean token state, projected to `width` numbers by a layer that is thrown away; a fine-tuning
    behind this step learns the labels. Partners come from the batch. Where a model has no document labels, spans take
    the place of texts and are pushed away from the words between spans: that is ours as well. Heads stay as they are.
    `learn` says how weights learn; what it says of epochs to keep and of averages has no part in it.
    """

    step: Literal["contrast"] = "contrast"
    margin: float = Field(default=1.0, gt=0, le=1000)
    partners: int = Field(default=3, ge=1, le=100)
    width: int = Field(default=128, ge=2, le=4096)
    learn: FineTune = FineTune(epochs=0, learning_rate=2e-4)


NEUTRAL = Contrast()


def run(settings: Contrast, state: TrainingState) -> None:
    """Train the backbone of the state's network in place."""
    if settings.learn.epochs:
        from tokapp.training.contrasting import contrast

        contrast(state, settings)
