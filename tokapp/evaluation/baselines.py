"""Simple methods that a model has to beat, fitted on the same documents and judged on the same ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tokapp.documents import Document, Prediction

TFIDF = "TF-IDF + logistic regression"
"""Name of the linear baseline in tables."""


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
