"""Labels that a model which never saw them does not believe.

The score of a document is that of its worst word: confident learning for tokens (Wang & Mueller 2022, "Detecting Label
Errors in Token Classification Data", section 3, the method "worst-token"), as cleanlab computes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tokapp.documents import Document, Prediction, WordScores

FOLDS = 3
"""Parts that take turns at being left out of training."""


def label_doubts(labelled: Sequence[tuple[Document, Prediction]]) -> list[float]:
    """For each labelled document with a prediction of a model that was not trained on it: 0 believed, 1 doubted.

    Where the task has document labels, the doubt of the document's label counts if it is larger.
    """
    from cleanlab.token_classification.rank import get_label_quality_scores

    doubts = [_label_doubt(document, prediction.document_scores) for document, prediction in labelled]
    tagged = [
        (at, document, prediction.words)
        for at, (document, prediction) in enumerate(labelled)
        if prediction.words is not None and len(prediction.words.offsets) and prediction.words.classes[:1] == ("O",)
    ]
    if tagged:
        labels = [_targets(one, words) for _, one, words in tagged]
        qualities, _ = get_label_quality_scores(
            labels, [np.asarray(words.probabilities, np.float64) for _, _, words in tagged]
        )
        for (at, _, _), quality in zip(tagged, qualities, strict=True):
            doubts[at] = max(doubts[at], 1.0 - float(quality))
    return doubts


def _targets(document: Document, words: WordScores) -> list[int]:
    from tokapp.training.examples import word_targets

    offsets = [(start, end) for start, end in words.offsets.tolist()]
    return [int(target) for target in word_targets(document.spans, offsets, words.classes)]


def _label_doubt(document: Document, scores: Mapping[str, float]) -> float:
    return 1.0 - scores.get(document.label, 0.0) if document.label is not None and scores else 0.0
