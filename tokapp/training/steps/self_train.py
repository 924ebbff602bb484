"""Self-training: several models teach one with their mean judgement of texts that nobody labelled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from tokapp.training.steps.fine_tune import FineTune
from tokapp.training.steps.settings import Settings

if TYPE_CHECKING:
    from tokapp.training.state import TrainingState


class SelfTrain(Settings):
    """Settings of self-training; `texts` 0 is neutral.

    The runs of the fine-tuning before (or the model as it is) judge up to `texts` training documents that have no label
    of any kind (neither reviewed, nor with spans, nor with a document label); the model then learns from the mean of
    their word probabilities together with the labelled documents, as `learn` says. Hinton et al. 2015, Distilling the
    Knowledge in a Neural Network, with an ensemble as teacher; on unlabelled texts as in Xie et al. 2020, Noisy
    Student, with soft labels and in one round. Only for models with word classes.
    """

    step: Literal["self_train"] = "self_train"
    texts: int = Field(default=4000, ge=0)
    learn: FineTune = FineTune(learning_rate=5e-4)

    @property
    def unlabelled(self) -> int:
        return self.texts if self.learn.epochs else 0


NEUTRAL = SelfTrain(texts=0)


def run(settings: SelfTrain, state: TrainingState) -> None:
    """Train the network of the state in place."""
    if settings.texts and settings.learn.epochs:
        from tokapp.training.self_training import self_train

        self_train(state, settings)
