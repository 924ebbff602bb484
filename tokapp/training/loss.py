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

    def totals(
        self,
        token_targets: Tensor,
        document_targets: Tensor,
        likely: Tensor | None = None,
        parts: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Sums of the weights of all word targets and of all document targets, which the means divide by."""
        documents = self._total(document_targets, "document_weights", parts)
        if likely is not None:
            return (likely * self.get_buffer("token_weights")).sum().clamp_min(1e-9), documents
        return self._total(token_targets, "token_weights"), documents

    def forward(
        self,
        outputs: Outputs,
        token_targets: Tensor,
        document_targets: Tensor,
        totals: tuple[Tensor, Tensor],
        likely: Tensor | None = None,
        parts: Tensor | None = None,
    ) -> Tensor:
        """One number; 0 without targets. With a batch's `totals` the losses of its pieces add up to the batch's.

        `likely` [rows, tokens, classes] are probabilities of word classes to learn in place of `token_targets`;
        `parts` [rows] weigh document targets.
        """
        loss = torch.zeros((), device=token_targets.device)
        if outputs.token_logits is not None:
            if likely is None:
                total = self._sum(outputs.token_logits, token_targets, "token_weights")
            else:
                weighed = likely * self.get_buffer("token_weights")
                total = -(weighed * outputs.token_logits.log_softmax(dim=-1)).sum()
            loss = loss + self._settings.span_weight * total / totals[0]
        if outputs.document_logits is not None:
            total = self._sum(outputs.document_logits, document_targets, "document_weights", parts)
            loss = loss + self._settings.document_weight * total / totals[1]
        return loss

    def _sum(self, logits: Tensor, targets: Tensor, weights: str, parts: Tensor | None = None) -> Tensor:
        found = cross_entropy(
            logits.reshape(-1, logits.shape[-1]),
            targets.reshape(-1),
            weight=self.get_buffer(weights),
            ignore_index=IGNORED,
            reduction="sum" if parts is None else "none",
            label_smoothing=self._settings.label_smoothing,
        )
        return found if parts is None else (found * parts).sum()

    def _total(self, targets: Tensor, weights: str, parts: Tensor | None = None) -> Tensor:
        known = targets != IGNORED
        found = self.get_buffer(weights)[targets[known]]
        return (found if parts is None else found * parts[known]).sum().clamp_min(1e-9)


def _weights(named: Mapping[str, float], classes: Sequence[str]) -> Tensor:
    return torch.tensor([named.get(name, 1.0) for name in classes])
