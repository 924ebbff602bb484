"""Where the tokens of a batch look in a backbone's last layer, worked out beside the plain forward pass.

Fused attention never shows its weights. The last layer's queries and keys are kept and multiplied once more; what the
forward pass computes stays the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import torch
from torch import Tensor
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from tokapp.models.network import Network

_NAME = "tokapp_watched"


class LastLayer:
    """Queries and keys of the layer that came last in the last forward pass."""

    def __init__(self) -> None:
        self._seen: tuple[Tensor, Tensor, Tensor | None, float] | None = None

    def saw(self, query: Tensor, key: Tensor, mask: Tensor | None, scaling: float) -> None:
        """Keep what a layer multiplies; the layers before are forgotten."""
        self._seen = query.detach(), key.detach(), mask, scaling

    @property
    def is_known(self) -> bool:
        """Whether a forward pass went by whose backbone can be watched."""
        return self._seen is not None

    @torch.no_grad()
    def weights(self) -> Tensor:
        """Attention [rows, tokens, tokens], from each token to each, the mean over heads; every row sums to 1."""
        assert self._seen is not None
        query, key, mask, scaling = self._seen
        key = key.repeat_interleave(query.shape[1] // key.shape[1], dim=1)
        scores = (query @ key.transpose(-1, -2)).float() * scaling
        if mask is not None:
            scores = scores.masked_fill(~mask, -torch.inf) if mask.dtype == torch.bool else scores + mask
        return scores.softmax(dim=-1).mean(dim=1)

    def on(self, places: Tensor) -> Tensor:
        """The share of each token's attention that is on `places`, both [rows, tokens]; 0 where there are none."""
        return torch.einsum("rij,rj->ri", self.weights(), places.to(torch.float32))


_WATCHING: ContextVar[LastLayer | None] = ContextVar("watching", default=None)


@contextmanager
def watched_attention(network: Network) -> Iterator[LastLayer]:
    """What forward passes of `network` within show of their last layer.

    Nothing is known of backbones that compute attention in a way of their own (DeBERTa).
    """
    AttentionInterface.register(_NAME, _attend)
    AttentionMaskInterface.register(_NAME, sdpa_mask)
    config: Any = network.encoder_config
    before, layer = config._attn_implementation, LastLayer()
    token = _WATCHING.set(layer)
    config._attn_implementation = _NAME
    try:
        yield layer
    finally:
        config._attn_implementation = before
        _WATCHING.reset(token)


def _attend(
    module: Any, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, **options: Any
) -> Any:
    layer = _WATCHING.get()
    if layer is not None:
        mask = attention_mask
        if mask is None and options.get("is_causal", getattr(module, "is_causal", False)) and query.shape[2] > 1:
            mask = torch.ones(query.shape[2], key.shape[2], dtype=torch.bool, device=query.device).tril()
        scaling = options.get("scaling")
        layer.saw(query, key, mask, query.shape[-1] ** -0.5 if scaling is None else scaling)
    return sdpa_attention_forward(module, query, key, value, attention_mask, **options)
