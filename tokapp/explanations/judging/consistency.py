"""Whether an explanation rests on the same words as the decision that it explains."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def cc_shap(prediction: ArrayLike, explanation: ArrayLike) -> float | None:
    """CC-SHAP, -1 to 1: 1 is the same evidence, 0 unrelated, -1 opposite (Parcalabescu & Frank 2024, section 4).

    Both hold Shapley values of the same input tokens in the same order, [tokens] or [tokens, outputs] with a column per
    generated token. A column is divided by the sum of its absolute values, columns are averaged, and the cosine of the
    two averages is the score. Columns of zeros say nothing and are left out; None where nothing is left. Values must
    come from an estimator that tells tokens apart: one that credits every member of a random subset with the same gain
    brings nearly constant vectors, whose cosine is near 1 or -1 for games that have nothing in common.
    Raises ValueError for different numbers of tokens.

    >>> round(cc_shap([3, -1, 0, 1], [[2, 1], [-1, -1], [1, 0], [0, 2]]), 4)
    0.9239
    """
    one, other = contribution(prediction), contribution(explanation)
    if len(one) != len(other):
        raise ValueError(f"the prediction has {len(one)} input tokens and the explanation {len(other)}; give the same")
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(np.clip(one @ other / lengths, -1.0, 1.0)) if lengths > 0 else None


def contribution(values: ArrayLike) -> Floats:
    """Mean over the outputs of the signed shares of each input token [tokens]; zeros where no output says anything."""
    columns = np.asarray(values, dtype=np.float64)
    columns = columns if columns.ndim == 2 else columns[:, None]
    sizes = np.abs(columns).sum(axis=0)
    speaks = sizes > 0
    if not speaks.any():
        return np.zeros(len(columns))
    mean: Floats = (columns[:, speaks] / sizes[speaks]).mean(axis=1)
    return mean
