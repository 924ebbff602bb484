"""Sets of weights by name."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

Weights = Mapping[str, Tensor]


def learning_weights(module: nn.Module) -> Weights:
    """Copies of the weights that learn, on the CPU."""
    return {name: p.detach().cpu().clone() for name, p in module.named_parameters() if p.requires_grad}
