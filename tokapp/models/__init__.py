"""What a model is: backbone, heads, encoding between tokens and characters, and versions on disk.

The public names are loaded when they are first used, so that reading a configuration does not load torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokapp.models.ensemble import EnsembleModel, Model
    from tokapp.models.loading import load_model
    from tokapp.models.token_model import TokenModel

_HOMES = {
    "EnsembleModel": "tokapp.models.ensemble",
    "Model": "tokapp.models.ensemble",
    "TokenModel": "tokapp.models.token_model",
    "load_model": "tokapp.models.loading",
}

__all__ = ["EnsembleModel", "Model", "TokenModel", "load_model"]


def __getattr__(name: str) -> object:
    """Import a public name from its home on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module 'tokapp.models' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
