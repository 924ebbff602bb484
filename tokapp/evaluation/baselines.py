"""Simple methods that a model has to beat, fitted on the same documents and judged on the same ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

import numpy as np

from tokapp.documents import Document, Offset, Prediction, Span
from tokapp.words import split_words

KNOWN = "pieces marked in training"
"""Name of the look-up baseline in tables."""
TFIDF = "TF-IDF + logistic regression"
"""Name of the linear baseline in tables."""

_Piece: TypeAlias = tuple[str, ...]


def predict_with_tfidf(
    train: Sequence[Document], documents: Sequence[Document], *, view: Callable[[str], str]
) -> list[Prediction]:
    """Document labels from words and word pairs alone: TF-IDF with logistic regression on what `view` shows.

    Training documents without a label are passed over; at least two labels are needed.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    labelled = [document for document in train if document.label is not None]
    words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2, max_features=50_000)
    model = make_pipeline(words, LogisticRegression(C=10.0, max_iter=1000))
    model.fit([view(document.text) for document in labelled], [document.label for document in labelled])
    probabilities = np.asarray(model.predict_proba([view(document.text) for document in documents]))
    return [
        Prediction(document.id, TFIDF, (), None, dict(zip(model.classes_.tolist(), row.tolist(), strict=True)))
        for document, row in zip(documents, probabilities, strict=True)
    ]


def flag_everything(document: Document, label: str) -> Prediction:
    """The whole answer as one span: what recall costs nothing."""
    spans = (Span(0, len(document.text), label, 1.0, "rule:everything"),) if document.text else ()
    return Prediction(document.id, "flag everything", spans, document_scores=_sides(bool(spans)))


def flag_unknown_words(document: Document, label: str) -> Prediction:
    """Runs of words of more than three letters or with a digit that stand nowhere in question or passages."""
    known = {word.lower() for text in (document.question or "", *document.contexts) for word in _words(text)}
    spans: list[Span] = []
    for start, end in split_words(document.text):
        word = document.text[start:end]
        if word.lower() in known or not (len(word) > 3 or any(map(str.isdigit, word))):
            continue
        if spans and not document.text[spans[-1].end : start].strip():
            start = spans.pop().start
        spans.append(Span(start, end, label, 1.0, "rule:unknown-words"))
    return Prediction(document.id, "unknown words", tuple(spans), document_scores=_sides(bool(spans)))


def predict_known_pieces(train: Sequence[Document], documents: Sequence[Document]) -> list[Prediction]:
    """Every piece that people marked in training, wherever it stands again as whole words; the longest match wins.

    Case does not matter. A piece that was marked with several labels gets the most frequent one.
    """
    known = _known_pieces(train)
    return [Prediction(document.id, KNOWN, tuple(_known_spans(document.text, known))) for document in documents]


def most_frequent_label(train: Sequence[Document]) -> str | None:
    """The document label that stands most often in training, the first by name of several; None without any."""
    counts = Counter(sorted(document.label for document in train if document.label is not None))
    return next((label for label, _ in counts.most_common(1)), None)


def _known_spans(text: str, known: Mapping[_Piece, str]) -> Iterator[Span]:
    words, at = split_words(text), 0
    longest = max(map(len, known), default=0)
    while at < len(words):
        pieces = (_piece(text, words[at : at + length]) for length in range(longest, 0, -1))
        found = next((piece for piece in pieces if piece in known), None)
        if found:
            yield Span(words[at][0], words[at + len(found) - 1][1], known[found], 1.0, "rule:known-pieces")
        at += len(found or "?")


def _known_pieces(train: Sequence[Document]) -> dict[_Piece, str]:
    """The words of every marked piece, lower-case, with the label that they have most often."""
    labels: dict[_Piece, Counter[str]] = {}
    for document in train:
        for span in document.spans:
            surface = document.surface(span)
            labels.setdefault(_piece(surface, split_words(surface)), Counter())[span.label] += 1
    return {piece: counts.most_common(1)[0][0] for piece, counts in labels.items() if piece}


def _piece(text: str, words: Sequence[Offset]) -> _Piece:
    return tuple(text[start:end].lower() for start, end in words)


def _words(text: str) -> Iterator[str]:
    return (text[start:end] for start, end in split_words(text))


def _sides(is_flagged: bool) -> dict[str, float]:
    return {"supported": float(not is_flagged), "hallucinated": float(is_flagged)}
