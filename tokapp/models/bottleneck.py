"""Bottleneck adapters: small modules behind every block of a backbone, put there by hooks, so that any encoder fits.

Houlsby et al. 2019, Parameter-Efficient Transfer Learning for NLP, with one adapter per block, behind its feed-forward
sub-layer.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from tokapp.errors import ModelUnavailable
from tokapp.models.config import Bottleneck

BOTTLENECK_MARK = "bottlenecks."
"""Part of every tensor's name."""


class BottleneckAdapter(nn.Module):
    """A(h) = h + U act(D h + b_D) + b_U with D [middle, width] and U [width, middle].

    U and b_U begin at 0, so that A(h) = h at first. It has 2 * width * middle + middle + width weights.
    """

    def __init__(self, width: int, settings: Bottleneck) -> None:
        super().__init__()
        middle = max(width // settings.reduction, 1)
        self.down, self.up = nn.Linear(width, middle), nn.Linear(middle, width)
        self.act = nn.ReLU() if settings.activation == "relu" else nn.GELU()
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def forward(self, hidden: Tensor) -> Tensor:
        """States [..., width] from states of the same shape."""
        added: Tensor = self.up(self.act(self.down(hidden)))
        return hidden + added


def blocks_of(encoder: nn.Module, count: int) -> nn.ModuleList:
    """The list of a backbone's blocks; raises ModelUnavailable for a backbone without such a list."""
    stacks = [one for one in encoder.modules() if isinstance(one, nn.ModuleList) and len(one) == count]
    if not stacks:
        raise ModelUnavailable("this backbone's blocks cannot be told apart; train it by mode lora, full or head")
    return stacks[0]


def add_bottlenecks(encoder: nn.Module, settings: Bottleneck) -> None:
    """Put an adapter behind every block; they become part of the backbone as `bottlenecks`."""
    config: Any = encoder.config
    blocks = blocks_of(encoder, int(config.num_hidden_layers))
    adapters = nn.ModuleList([BottleneckAdapter(int(config.hidden_size), settings) for _ in blocks])
    reference = next(encoder.parameters())
    encoder.add_module(BOTTLENECK_MARK.rstrip("."), adapters.to(reference.device, reference.dtype))
    for block, adapter in zip(blocks, adapters, strict=True):
        block.register_forward_hook(_behind(adapter))


def _behind(adapter: nn.Module) -> Any:
    def pass_through(_: nn.Module, __: Any, output: Any) -> Any:
        if isinstance(output, torch.Tensor):
            return adapter(output)
        return (adapter(output[0]), *output[1:])  # some families give more than the states

    return pass_through
