"""Documents to predictions: batching, windows, decoding, streaming."""

from tokapp.inference.engine import predict, stream

__all__ = ["predict", "stream"]
