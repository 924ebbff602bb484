"""LettuceDetect's three levels for unsupported spans in answers, with the traps of the published evaluation shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tokapp.documents import Span
from tokapp.evaluation.cases import Case
from tokapp.evaluation.report import words_inside
from tokapp.evaluation.spans import Counts, Scores, character_scores, character_scores_unmerged, example_scores
from tokapp.words import split_words

TRAPS = (
    "Characters, published reading: gold spans that overlap each other are counted twice, so precision can exceed 1.",
    "Words, balanced accuracy: the published evaluation calls it AUROC, though it is made of decisions alone.",
    "Words are those of the text here; the published figure counts the model's own tokens.",
)


@dataclass(frozen=True, slots=True)
class AnswerLevels:
    """Figures of the LettuceDetect evaluation (`lettucedetect/models/evaluator.py`).

    `examples`: is there any span; `example_auroc` ranks by the highest word probability (None without both kinds).
    `characters` merges spans that overlap, `characters_published` does not. `overlap` is the mean share of characters
    in both among those in either, 1 where there are none (`scripts/span_eval_metrics.py`). `marked` and `unmarked` are
    figures of words, `balanced_accuracy` is (TPR + TNR) / 2 of them.
    """

    examples: Scores
    example_auroc: float | None
    characters: Scores
    characters_published: Scores
    overlap: float
    marked: Scores
    unmarked: Scores
    balanced_accuracy: float


def answer_levels(cases: Sequence[Case]) -> AnswerLevels:
    """All levels over documents, labels put aside; raises ValueError for none."""
    if not cases:
        raise ValueError("figures need at least one document")
    pairs = [(_as_one(case.gold), _as_one(case.predicted)) for case in cases]
    marked, unmarked = _word_counts(cases)
    return AnswerLevels(
        example_scores(pairs),
        _auroc(cases),
        character_scores(pairs),
        character_scores_unmerged(pairs),
        float(np.mean([_overlap(gold, said) for gold, said in pairs])),
        marked.scores,
        unmarked.scores,
        (marked.scores.recall + unmarked.scores.recall) / 2,
    )


def _as_one(spans: Sequence[Span]) -> list[Span]:
    return [Span(span.start, span.end, "marked") for span in spans]


def _word_counts(cases: Sequence[Case]) -> tuple[Counts, Counts]:
    counts = np.zeros((2, 2), np.int64)
    for case in cases:
        words = split_words(case.text)
        there, said = words_inside(words, case.gold), words_inside(words, case.predicted)
        np.add.at(counts, (there.astype(int), said.astype(int)), 1)
    return _of_class(counts, 1), _of_class(counts, 0)


def _of_class(counts: NDArray[np.int64], name: int) -> Counts:
    right = int(counts[name, name])
    return Counts(right, int(counts[:, name].sum()), right, int(counts[name].sum()))


def _auroc(cases: Sequence[Case]) -> float | None:
    from sklearn.metrics import roc_auc_score

    truth = [bool(case.gold) for case in cases]
    scores = [_highest(case) for case in cases]
    if len(set(truth)) < 2 or any(score is None for score in scores):
        return None
    return float(roc_auc_score(truth, scores))


def _highest(case: Case) -> float | None:
    """The highest probability of any word to be marked; None without probabilities."""
    words = case.prediction.words
    if words is None or words.classes[:1] != ("O",):
        return None
    inside: NDArray[np.floating] = 1.0 - words.probabilities[:, 0]
    return float(inside.max(initial=0.0))


def _overlap(gold: Sequence[Span], predicted: Sequence[Span]) -> float:
    there, said = _characters(gold), _characters(predicted)
    return len(there & said) / len(there | said) if there | said else 1.0


def _characters(spans: Sequence[Span]) -> set[int]:
    return {place for span in spans for place in range(span.start, span.end)}
