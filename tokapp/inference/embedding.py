"""Documents as vectors: the mean of a model's token states, for grouping texts that are alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from tokapp.documents import Document
from tokapp.models.encoding import Encoding
from tokapp.models.ensemble import EnsembleModel
from tokapp.models.token_model import to_inputs

if TYPE_CHECKING:
    from tokapp.models import Model, TokenModel

Floats = NDArray[np.float32]

_ROWS = 32


def embed(model: Model, documents: Sequence[Document], *, progress: Callable[[int], None] | None = None) -> Floats:
    """Unit vectors float32 [documents, width]: the mean state of the labelled part's tokens (a long text: its start).

    A document without any token gives a row of zeros. `progress` gets the number of documents done. The vectors of an
    ensemble's members stand side by side, so that the cosine of two documents is the weighted mean of the members'.
    """
    if isinstance(model, EnsembleModel):
        pairs = zip(model.members, model.config.weights, strict=True)
        parts = [embed(one, documents, progress=progress) * np.float32(weight**0.5) for one, weight in pairs]
        return np.concatenate(parts, axis=1)
    first: dict[int, Encoding] = {}
    for row in model.encode(documents):
        first.setdefault(row.document, row)
    order = sorted(first, key=lambda index: len(first[index]))
    vectors = np.zeros((len(documents), int(model.network.encoder_config.hidden_size)), np.float32)
    for start in range(0, len(order), _ROWS):
        some = order[start : start + _ROWS]
        vectors[some] = _means(model, [first[index] for index in some])
        if progress is not None:
            progress(start + len(some))
    return vectors


def _means(model: TokenModel, rows: Sequence[Encoding]) -> Floats:
    inputs = to_inputs(model.collate(rows), model.device)
    with torch.inference_mode():
        states = model.network.states(inputs).float()
        part = inputs.part.unsqueeze(-1)
        means = (states * part).sum(dim=1) / part.sum(dim=1).clamp(min=1)
        vectors: Floats = torch.nn.functional.normalize(means, dim=-1).cpu().numpy()
    return vectors
