"""Continued pre-training: the backbone reads texts that nobody labelled before it learns from those that are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from tokapp.models.config import Lora
from tokapp.training.steps.settings import Settings

if TYPE_CHECKING:
    from tokapp.training.state import TrainingState


class ContinuePretraining(Settings):
    """Settings of masked language modelling on the training documents' texts; `epochs` 0 is neutral.

    A share of `masked` tokens is hidden and guessed from the rest (Devlin et al. 2019, BERT, section 3.1), in texts
    that are put one behind the other and cut into blocks of `block` tokens. Motger et al. 2024, T-FREX, call it
    extended pre-training; their script differs in two things, which are not followed: nothing is masked in it, and its
    perplexity is that of the texts it learnt from. Here a share of `held_out` texts is kept apart (at least one), and
    the perplexity on them before and after goes into the metrics under "continue_pretraining".
    `mode` "full" changes the backbone, which is then stored with the version; "lora" an adapter. At most `texts` texts
    that nobody labelled are taken from a project. The head that guesses is the backbone's own, or, where it has none,
    a new one tied to the backbone's embeddings, which learns at `head_learning_rate`; it is thrown away afterwards.
    """

    step: Literal["continue_pretraining"] = "continue_pretraining"
    epochs: int = Field(default=1, ge=0, le=1000)
    mode: Literal["full", "lora"] = "full"
    lora: Lora = Lora()
    masked: float = Field(default=0.15, gt=0, lt=1)
    block: int = Field(default=128, ge=16, le=65536)
    learning_rate: float = Field(default=3e-5, gt=0, lt=1)
    head_learning_rate: float = Field(default=1e-3, gt=0, lt=1)
    batch_size: int = Field(default=16, ge=1, le=4096)
    weight_decay: float = Field(default=0.01, ge=0)
    warmup: float = Field(default=0.06, ge=0, lt=1)
    held_out: float = Field(default=0.01, ge=0, lt=1)
    texts: int = Field(default=20_000, ge=0)

    @property
    def unlabelled(self) -> int:
        return self.texts if self.epochs else 0


NEUTRAL = ContinuePretraining(epochs=0)


def run(settings: ContinuePretraining, state: TrainingState) -> None:
    """Train the backbone of the state's network in place."""
    if settings.epochs:
        from tokapp.training.pretraining import continue_pretraining

        continue_pretraining(state, settings)
