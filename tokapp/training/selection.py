"""Which documents a model should learn from: those that stand for the rest, with every label among them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tokapp.documents import Document
from tokapp.inference.embedding import embed
from tokapp.training.state import TrainingState
from tokapp.training.steps.select_instances import SelectInstances

NOTHING = ("", "")
"""The group of documents without any label."""

_ROUNDED = 9
_SLACK = 1e-9


def select_instances(state: TrainingState, settings: SelectInstances) -> None:
    """Take documents out of the state's training documents; the figures go into the metrics."""
    labelled = [document for document in state.train if document.is_labelled]
    typical = typicality(embed(state.model(), labelled)) if labelled else np.empty(0)
    order = walk(typical, most=settings.order == "most typical")
    groups = [groups_of(document, by_surface=settings.groups == "surfaces") for document in labelled]
    free = settings.share if settings.label_free is None else settings.label_free
    kept = choose(order, groups, settings.share, {NOTHING: free})
    chosen = {id(labelled[place]) for place in kept}
    state.train = [document for document in state.train if not document.is_labelled or id(document) in chosen]
    state.metrics["select_instances"] = {
        "documents": len(labelled),
        "kept": len(kept),
        "kept_share": len(kept) / max(len(labelled), 1),
        "groups": len({group for some in groups for group in some}),
        "kept_without_labels": sum(NOTHING in groups[place] for place in kept),
    }


def typicality(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    """Mean cosine of each unit vector [documents, width] to the others, divided by all: (v . sum(v) - v . v) / n.

    Equal to the mean over the columns of the cosine matrix with a diagonal of 0, in time that grows with the documents.
    """
    exact = vectors.astype(np.float64)
    means: NDArray[np.float64] = (exact @ exact.sum(axis=0) - (exact * exact).sum(axis=1)) / max(len(exact), 1)
    return means


def walk(typical: NDArray[np.float64], *, most: bool = False) -> list[int]:
    """Places from the least typical on (or the most); equal ones, to nine digits, in their order."""
    rounded = np.round(typical, _ROUNDED)
    return [int(place) for place in np.argsort(-rounded if most else rounded, kind="stable")]


def groups_of(document: Document, *, by_surface: bool) -> frozenset[tuple[str, str]]:
    """The groups of a labelled document, of spans and of the document as a whole; `NOTHING` alone if it has none."""
    found = {(span.label, document.surface(span).casefold() if by_surface else "") for span in document.spans}
    if document.label is not None:
        found.add((document.label, ""))
    return frozenset(found or {NOTHING})


def choose(
    order: Sequence[int],
    groups: Sequence[frozenset[tuple[str, str]]],
    share: float,
    shares: Mapping[tuple[str, str], float],
) -> list[int]:
    """Places that are kept, ascending: ceil(share * size) documents or more of every group (`shares`: of some).

    A document is kept once, but counts for all of its groups that are still open, as in T-FREX's script.
    """
    sizes = Counter(group for some in groups for group in some)
    wanted = {group: math.ceil(shares.get(group, share) * size - _SLACK) for group, size in sizes.items()}
    counts, kept = Counter[tuple[str, str]](), []
    for place in order:
        still = [group for group in groups[place] if counts[group] < wanted[group]]
        if still:
            kept.append(place)
            counts.update(still)
    return sorted(kept)
