"""The loss of a batch: cross-entropy over words, over document labels, or both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from tokapp.models.config import NetworkConfig
from tokapp.models.network import Outputs
from tokapp.training.examples import IGNORED
from tokapp.training.steps.fine_tune import FineTune


class Loss(nn.Module):
    """Weighed mean cross-entropy of word classes and of document labels, added with the settings' weights."""

    def __init__(self, settings: FineTune, config: NetworkConfig) -> None:
        super().__init__()
        self._settings = settings
        self.register_buffer("token_weights", _weights(settings.class_weights, config.classes))
        self.register_buffer("document_weights", _weights(settings.class_weights, config.labels))

    def forward(self, outputs: Outputs, token_targets: Tensor, document_targets: Tensor) -> Tensor:
        """One number; 0 when the batch has no target."""
        loss = torch.zeros((), device=token_targets.device)
        if outputs.token_logits is not None:
            loss = loss + self._settings.span_weight * self._mean(outputs.token_logits, token_targets, "token_weights")
        if outputs.document_logits is not None:
            mean = self._mean(outputs.document_logits, document_targets, "document_weights")
            loss = loss + self._settings.document_weight * mean
        return loss

    def _mean(self, logits: Tensor, targets: Tensor, weights: str) -> Tensor:
        weight = self.get_buffer(weights)
        flat = targets.reshape(-1)
        total = cross_entropy(
            logits.reshape(-1, logits.shape[-1]),
            flat,
            weight=weight,
            ignore_index=IGNORED,
            reduction="sum",
            label_smoothing=self._settings.label_smoothing,
        )
        return total / weight[flat[flat != IGNORED]].sum().clamp_min(1e-9)


def _weights(named: Mapping[str, float], classes: Sequence[str]) -> Tensor:
    return torch.tensor([named.get(name, 1.0) for name in classes])
