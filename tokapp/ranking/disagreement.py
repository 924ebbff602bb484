"""How far two versions of the labels of one document are apart: two models, or two people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

from tokapp.documents import Prediction, Span
from tokapp.words import split_words


def disagreement(one: Prediction, other: Prediction, text: str) -> float:
    """The mean of what spans and document labels disagree on: 0 for the same decisions, 1 for none in common."""
    parts = [span_disagreement(one.spans, other.spans, text)]
    if one.document_scores and other.document_scores:
        parts.append(float(one.label != other.label))
    return sum(parts) / len(parts)


def span_disagreement(one: Iterable[Span], other: Iterable[Span], text: str) -> float:
    """1 less the Jaccard index of the labelled words of both sides; 0 where neither marks anything."""
    words = split_words(text)
    left, right = _labelled(one, words), _labelled(other, words)
    return 1 - len(left & right) / len(left | right) if left | right else 0.0


def mean_disagreement(versions: Sequence[Iterable[Span]], text: str) -> float:
    """The mean of `span_disagreement` over all pairs of versions; 0 for fewer than two."""
    pairs = [span_disagreement(one, other, text) for one, other in combinations(versions, 2)]
    return sum(pairs) / len(pairs) if pairs else 0.0


def member_disagreement(prediction: Prediction) -> float:
    """How far the members of an ensemble are apart on the word that they differ on most, from 0 to 1."""
    words = prediction.words
    apart = None if words is None else words.disagreement
    return 0.0 if apart is None else float(apart.max(initial=0.0))


def _labelled(spans: Iterable[Span], words: Iterable[tuple[int, int]]) -> set[tuple[int, str]]:
    offsets = list(words)
    return {(at, span.label) for span in spans for at, word in enumerate(offsets) if _meet(word, span)}


def _meet(word: tuple[int, int], span: Span) -> bool:
    return word[0] < span.end and span.start < word[1]
