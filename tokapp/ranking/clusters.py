"""Typical and diverse documents, from their embeddings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_PER_CLUSTER = 50
_MOST_CLUSTERS = 100
_MOST_PICKS = 2000


def typicality(embeddings: Floats, *, seed: int = 0) -> list[float]:
    """Scores of rows [documents, width]: the middle of every k-means cluster first, cluster after cluster in turn.

    After Hacohen et al. 2022 ("Active Learning on a Budget", TypiClust), with the distance to the cluster's centre in
    place of the density among neighbours. Scores fall from 1 to 0 in the order in which documents should be seen.
    """
    from sklearn.cluster import MiniBatchKMeans

    if not len(embeddings):
        return []
    count = max(1, min(len(embeddings) // _PER_CLUSTER, _MOST_CLUSTERS))
    model = MiniBatchKMeans(count, random_state=seed, n_init=3, batch_size=1024).fit(embeddings)
    distances = np.linalg.norm(embeddings - model.cluster_centers_[model.labels_], axis=1)
    sizes = np.bincount(model.labels_, minlength=count)
    turn = np.empty(len(embeddings), np.int64)
    for cluster in range(count):
        members = np.flatnonzero(model.labels_ == cluster)
        turn[members[np.argsort(distances[members], kind="stable")]] = np.arange(len(members))
    # The largest cluster begins every round.
    return _falling(np.lexsort((-sizes[model.labels_], turn)))


def diversity(embeddings: Floats, *, picks: int = _MOST_PICKS) -> list[float]:
    """Scores of rows [documents, width]: every next document the one that is farthest from all before it.

    Gonzalez 1985; Sener & Savarese 2018 ("Core-Set", algorithm 1). It begins with the document nearest to the mean.
    After `picks` documents the rest follows by its distance to them.
    """
    if not len(embeddings):
        return []
    chosen = [int(np.linalg.norm(embeddings - embeddings.mean(axis=0), axis=1).argmin())]
    distances = np.linalg.norm(embeddings - embeddings[chosen[0]], axis=1)
    for _ in range(min(picks, len(embeddings)) - 1):
        distances[chosen] = -1.0
        chosen.append(int(distances.argmax()))
        distances = np.minimum(distances, np.linalg.norm(embeddings - embeddings[chosen[-1]], axis=1))
    distances[chosen] = -1.0
    rest = np.argsort(-distances, kind="stable")[: len(embeddings) - len(chosen)]
    return _falling(np.concatenate([np.asarray(chosen, np.int64), rest]))


def _falling(order: NDArray[np.int64]) -> list[float]:
    """Scores from 1 down to 0 for rows in that order."""
    scores = np.empty(len(order))
    scores[order] = np.linspace(1.0, 0.0, len(order)) if len(order) > 1 else 1.0
    return [float(score) for score in scores]
