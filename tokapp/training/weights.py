"""Sets of weights by name."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from tokapp.models.network import Network

Weights = Mapping[str, Tensor]


def learning_weights(network: Network) -> Weights:
    """Copies of the weights that learn, on the CPU."""
    return {name: p.detach().cpu().clone() for name, p in network.named_parameters() if p.requires_grad}
