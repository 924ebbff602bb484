"""What a model is: backbone, heads, encoding between tokens and characters, and versions on disk."""

from tokapp.models.loading import load_model
from tokapp.models.token_model import TokenModel

__all__ = ["TokenModel", "load_model"]
