"""Documents to predictions: batching, windows, decoding, streaming.

The public names are loaded when they are first used, so that what only cuts and writes files does not load torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokapp.inference.engine import predict, stream

__all__ = ["predict", "stream"]


def __getattr__(name: str) -> object:
    """Import a public name from its home on first use."""
    if name not in __all__:
        raise AttributeError(f"module 'tokapp.inference' has no attribute {name!r}")
    return getattr(import_module("tokapp.inference.engine"), name)
