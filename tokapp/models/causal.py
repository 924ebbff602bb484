"""Backbones that read from left to right: which ones do, and the cache that lets them go on from where they were."""

from __future__ import annotations

from torch import nn
from transformers import Cache, DynamicCache, PreTrainedConfig

_CACHED = {"full_attention", "sliding_attention"}
"""Kinds of layers whose keys and values can be kept token by token."""


def is_causal(backbone: nn.Module, config: PreTrainedConfig) -> bool:
    """Whether every attention of a backbone looks back only, so that later tokens never change what was said."""
    looks_back = [bool(layer.is_causal) for layer in backbone.modules() if hasattr(layer, "is_causal")]
    kinds = set(getattr(config, "layer_types", None) or ())
    return bool(looks_back) and all(looks_back) and kinds <= _CACHED


def empty_cache(config: PreTrainedConfig) -> Cache:
    """A cache that holds nothing yet, of the kind that the backbone's layers need."""
    return DynamicCache(config=config)
