"""Sets of weights by name: those of a network that learn, and the mean of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from tokapp.models.network import Network

Weights = Mapping[str, Tensor]


def learning_weights(network: Network) -> Weights:
    """Copies of the weights that learn, on the CPU."""
    return {name: p.detach().cpu().clone() for name, p in network.named_parameters() if p.requires_grad}


def average(weights: Sequence[Weights]) -> dict[str, Tensor]:
    """The mean of several sets of the same weights."""
    return {name: torch.stack([some[name] for some in weights]).mean(dim=0) for name in weights[0]}
