"""Fine-tuning: weights learn from labelled documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from tokapp.models.config import Bottleneck, Lora
from tokapp.training.steps.settings import Settings

if TYPE_CHECKING:
    from tokapp.training.state import TrainingState


class FineTune(Settings):
    """Settings of fine-tuning; `epochs` 0 is neutral.

    `mode`: "full" trains everything, "lora" a low-rank adapter and the heads, "bottleneck" an adapter behind every
    block and the heads, "head" the heads only. Bottleneck adapters cannot be merged into the backbone's weights: they
    stay beside them in the version, which cannot be exported as a plain classifier.
    A step learns from `accumulate` times `batch_size` rows, of which `batch_size` are in memory at once; their
    gradients add up to those of the one large batch. `max_length` None is the network's own. `class_weights` maps class
    names (token classes such as "B-feature", or document labels) to loss weights; classes not named weigh 1.
    `span_weight` and `document_weight` scale the two losses of tasks that have both. `average` is the number of last
    epochs whose weights are averaged (1: none); `runs` is the number of times that training is done from the same
    weights on with other draws, whose results are averaged (1: none). With `share` "head" all further runs take over
    the head that the first one learnt, which stays as it is while their bodies learn: Schmidt, Vulić and Glavaš 2023,
    Free Lunch: Robust Cross-Lingual Transfer via Model Checkpoint Averaging, whose averages are of all epochs. With
    "start" every run learns a head of its own from the same start: Wortsman et al. 2022, Model soups, section 2, the
    uniform soup.
    `label_windows` says which windows of a long document learn its label: the first one, or all, each with an equal
    part of the label's weight.
    `keep_best` keeps the epoch with the best validation score, or the average where that is at least as good;
    `patience` stops after so many epochs without a better one (0: never). `warmup` is the share of steps over which the
    learning rate rises; it falls linearly to zero after.
    `precision` is that of matrix products in training; "bfloat16" is quicker where a device multiplies in it, and the
    weights stay in float32.
    """

    step: Literal["fine_tune"] = "fine_tune"
    mode: Literal["full", "lora", "bottleneck", "head"] = "lora"
    lora: Lora = Lora()
    bottleneck: Bottleneck = Bottleneck()
    epochs: int = Field(default=3, ge=0, le=1000)
    learning_rate: float = Field(default=1e-3, gt=0, lt=1)
    head_learning_rate: float | None = Field(default=None, gt=0, lt=1)
    batch_size: int = Field(default=16, ge=1, le=4096)
    accumulate: int = Field(default=1, ge=1, le=4096)
    max_length: int | None = Field(default=None, ge=16, le=65536)
    label_windows: Literal["first", "all"] = "first"
    weight_decay: float = Field(default=0.01, ge=0)
    warmup: float = Field(default=0.06, ge=0, lt=1)
    class_weights: Mapping[str, float] = Field(default_factory=dict)
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    span_weight: float = Field(default=1.0, ge=0)
    document_weight: float = Field(default=1.0, ge=0)
    average: int = Field(default=1, ge=1)
    runs: int = Field(default=1, ge=1, le=20)
    share: Literal["head", "start"] = "head"
    keep_best: bool = True
    patience: int = Field(default=0, ge=0)
    precision: Literal["float32", "bfloat16"] = "float32"
    seed: int | None = Field(default=None, ge=0)


NEUTRAL = FineTune(epochs=0)


def run(settings: FineTune, state: TrainingState) -> None:
    """Train the network of the state in place."""
    if settings.epochs:
        from tokapp.training.trainer import fine_tune

        fine_tune(state, settings)
