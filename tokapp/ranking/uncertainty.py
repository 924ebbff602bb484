"""How unsure a model is of a document, from the probabilities that it stored with its prediction.

Settles 2009, Active Learning Literature Survey, section 2.1: margin and entropy sampling. A document with spans is as
unsure as its least sure span; one without is as unsure as the word that was hardest to leave alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from tokapp.documents import Prediction, Span

Floats = NDArray[np.float64]


def margin(prediction: Prediction) -> float:
    """1 less the gap between the two likeliest labels: 0 for a clear case, 1 for a tie."""
    return _least_sure(prediction, _closeness)


def entropy(prediction: Prediction) -> float:
    """Shannon entropy over the labels as a share of the highest one possible: 0 when certain, 1 for no idea."""
    return _least_sure(prediction, _spread)


def _least_sure(prediction: Prediction, doubt: Callable[[Floats], Floats]) -> float:
    return max(_doubts(prediction, doubt), default=0.0)


def _doubts(prediction: Prediction, doubt: Callable[[Floats], Floats]) -> Iterator[float]:
    if prediction.document_scores:
        scores = np.asarray(list(prediction.document_scores.values()), np.float64)
        yield float(doubt(scores[None])[0])
    words = prediction.words
    if words is None or not len(words.offsets) or words.classes[:1] != ("O",):
        return
    per_word = doubt(_labels(words.probabilities, words.classes))
    if not prediction.spans:
        yield float(per_word.max())
    for span in prediction.spans:
        inside = _inside(words.offsets, span)
        if inside.any():
            yield float(per_word[inside].mean())


def _labels(probabilities: NDArray[np.float32], classes: tuple[str, ...]) -> Floats:
    """Probabilities of O and of every label [words, 1 + labels]: whether a word begins or goes on is no doubt of it."""
    names = [name.partition("-")[2] for name in classes]
    columns = [[at for at, one in enumerate(names) if one == name] for name in dict.fromkeys(names)]
    return np.stack([probabilities[:, some].sum(axis=1, dtype=np.float64) for some in columns], axis=1)


def _inside(offsets: NDArray[np.int32], span: Span) -> NDArray[np.bool_]:
    return (offsets[:, 0] < span.end) & (offsets[:, 1] > span.start)


def _closeness(probabilities: Floats) -> Floats:
    if probabilities.shape[1] < 2:
        return np.zeros(len(probabilities))
    highest = np.sort(probabilities, axis=1)[:, -2:]
    return np.clip(1.0 - (highest[:, 1] - highest[:, 0]), 0.0, 1.0)


def _spread(probabilities: Floats) -> Floats:
    if probabilities.shape[1] < 2:
        return np.zeros(len(probabilities))
    logs = np.log(probabilities, out=np.zeros_like(probabilities), where=probabilities > 0)
    entropies: Floats = -(probabilities * logs).sum(axis=1) / np.log(probabilities.shape[1])
    return np.clip(entropies, 0.0, 1.0)
