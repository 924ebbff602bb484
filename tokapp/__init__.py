"""tokapp: token-level text analysis, from predictions to reasons to corrections to a better model.

The public names are loaded when they are first used, so that `import tokapp` stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from tokapp.documents import Attribution, Document, Prediction, Span, Target
from tokapp.errors import TokappError

if TYPE_CHECKING:
    from tokapp.formats import read_documents, write_documents
    from tokapp.models import EnsembleModel, TokenModel, load_model
    from tokapp.store import Store
    from tokapp.training import train

__version__ = "0.1.0"

_HOMES = {
    "EnsembleModel": "tokapp.models",
    "Store": "tokapp.store",
    "TokenModel": "tokapp.models",
    "load_model": "tokapp.models",
    "read_documents": "tokapp.formats",
    "train": "tokapp.training",
    "write_documents": "tokapp.formats",
}

__all__ = [
    "Attribution",
    "Document",
    "EnsembleModel",
    "Prediction",
    "Span",
    "Store",
    "Target",
    "TokappError",
    "TokenModel",
    "load_model",
    "read_documents",
    "train",
    "write_documents",
]


def __getattr__(name: str) -> object:
    """Import a public name from its home on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module 'tokapp' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
