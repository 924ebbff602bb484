"""What a fine-tuning makes small: the losses of labels, plain or with what earlier steps asked for."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any, Protocol

from torch import Tensor

from tokapp.models.attention import watched_attention
from tokapp.models.network import Inputs, Outputs
from tokapp.training.loss import Loss
from tokapp.training.right_reasons import penalty, watched_embeddings
from tokapp.training.state import TrainingState
from tokapp.training.steps.fine_tune import FineTune
from tokapp.training.weighing import Weighing


class Objective(Protocol):
    """A loss over batches of examples, as `collate_examples` makes them, with `numbers` [rows], the examples' places.

    `in_pieces` says that the losses of a batch's pieces add up to the batch's; `is_judged` that what it teaches shows
    in predictions, so that epochs can be told apart by validation. `identity` is what a checkpoint must fit.
    """

    in_pieces: bool
    is_judged: bool
    identity: str

    def begin(self, batch: Mapping[str, Tensor]) -> None:
        """Take note of a whole batch before its pieces come."""

    def __call__(self, model: Any, batch: Mapping[str, Tensor]) -> tuple[Tensor, Any]:
        """The loss of a piece of the batch, and what the model said."""


def inputs_of(batch: Mapping[str, Tensor]) -> Inputs:
    """What a network sees of a batch."""
    return Inputs(batch["input_ids"], batch["attention_mask"], batch["type_ids"], batch["part"], batch.get("features"))


class FromLabels:
    """Cross-entropy of words and documents, of the words that `weighing` chooses, with the penalty on wrong reasons."""

    in_pieces, is_judged = True, True

    def __init__(self, state: TrainingState, settings: FineTune, *, weighing: Weighing | None = None) -> None:
        self._state, self._weighing = state, weighing
        self._criterion = Loss(settings, state.network.design).to(state.device)
        asked = [state.right_reasons, None if weighing is None else weighing.settings]
        self.identity = "".join(one.model_dump_json() for one in asked if one is not None)

    @property
    def _chooser(self) -> Weighing | None:
        return self._weighing if self._weighing is not None and self._weighing.is_choosing else None

    def begin(self, batch: Mapping[str, Tensor]) -> None:
        """Add up what the losses of the pieces are divided by."""
        self._rows = len(batch["input_ids"])
        targets, chooser = batch["token_targets"], self._chooser
        known = batch["document_targets"], batch.get("likely"), batch.get("parts")
        words, documents = self._criterion.totals(targets, *known)
        if chooser is not None:
            words = chooser.total(targets, self._criterion.get_buffer("token_weights"))
        self._totals = words, documents

    def __call__(self, model: Any, batch: Mapping[str, Tensor]) -> tuple[Tensor, Outputs]:
        """The share of a batch's loss that a piece of it has."""
        network, chooser, reasons = self._state.network, self._chooser, self._state.right_reasons
        looks = watched_attention(network) if chooser is not None and chooser.looks else nullcontext()
        with watched_embeddings(network, batch) as embeddings, looks as layer:
            outputs: Outputs = model(inputs_of(batch))
        targets = batch["token_targets"]
        if chooser is not None and outputs.token_logits is not None:
            targets = chooser.choose(outputs.token_logits, batch, layer)
        known = batch["document_targets"], self._totals, batch.get("likely"), batch.get("parts")
        loss: Tensor = self._criterion(outputs, targets, *known)
        if reasons is not None and embeddings:
            loss = loss + reasons.weight * penalty(outputs, embeddings[0], batch) / self._rows
        return loss, outputs
