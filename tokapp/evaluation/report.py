"""The figures of a model on labelled documents, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tokapp.documents import Document, Offset, Prediction, Span
from tokapp.evaluation.bootstrap import by_group, f1_intervals
from tokapp.evaluation.calibration import expected_calibration_error
from tokapp.evaluation.documents import label_scores
from tokapp.evaluation.spans import (
    Pairs,
    Scores,
    character_scores,
    exact_counts,
    exact_scores,
    example_scores,
    overlap_scores,
)
from tokapp.evaluation.splits import components
from tokapp.tasks import Task


def measure(predictions: Sequence[Prediction], documents: Sequence[Document], task: Task) -> dict[str, float]:
    """Every figure that the gold labels allow, from 0 to 1; predictions and documents go together by position.

    Spans are judged on documents whose spans are complete (reviewed, or with spans): span_exact_precision / recall /
    f1, span_overlap_*, character_*, example_f1 and word_ece. Document labels where there are any: document_accuracy,
    document_macro_f1, document_f1_<label>, document_ece.
    """
    judged = _judged(predictions, documents)
    figures: dict[str, float] = {}
    if task.span_labels and any(document.spans for _, document in judged):
        pairs = [(document.spans, prediction.spans) for prediction, document in judged]
        figures |= span_figures(pairs) | word_figures(judged)
    labelled = [pair for pair in zip(predictions, documents, strict=True) if pair[1].label is not None]
    if task.document_labels and labelled and any(prediction.document_scores for prediction, _ in labelled):
        figures |= document_figures(labelled)
    return figures


def span_figures(pairs: Pairs) -> dict[str, float]:
    """Exact, overlapping, character and example figures of gold and predicted spans."""
    named = {
        "span_exact": exact_scores(pairs),
        "span_overlap": overlap_scores(pairs),
        "character": character_scores(pairs),
    }
    figures = {f"{name}_{part}": value for name, scores in named.items() for part, value in _parts(scores).items()}
    return figures | {"example_f1": example_scores(pairs).f1}


def measure_once(predictions: Sequence[Prediction], documents: Sequence[Document], task: Task) -> dict[str, float]:
    """What is kept with a version: `measure`, and of exact spans the 95 % interval of F1 and F1 per label.

    span_exact_f1_low and _high are of a bootstrap over groups; span_exact_f1_<label> is there for several labels.
    """
    judged = _judged(predictions, documents)
    figures = measure(predictions, documents, task)
    if "span_exact_f1" not in figures:
        return figures
    rows = [exact_counts(document.spans, prediction.spans) for prediction, document in judged]
    counts = np.array([[one.right_predicted, one.predicted, one.right_gold, one.gold] for one in rows], np.float64)
    low, high = f1_intervals(by_group(counts, components([document for _, document in judged])))
    figures |= {"span_exact_f1_low": float(low), "span_exact_f1_high": float(high)}
    for label in task.span_names if len(task.span_names) > 1 else ():
        pairs = [(_of(document.spans, label), _of(prediction.spans, label)) for prediction, document in judged]
        figures[f"span_exact_f1_{label}"] = exact_scores(pairs).f1
    return figures


def _judged(predictions: Sequence[Prediction], documents: Sequence[Document]) -> list[tuple[Prediction, Document]]:
    return [pair for pair in zip(predictions, documents, strict=True) if pair[1].is_reviewed or pair[1].spans]


def _of(spans: Sequence[Span], label: str) -> list[Span]:
    return [span for span in spans if span.label == label]


def _parts(scores: Scores) -> Mapping[str, float]:
    return {"precision": scores.precision, "recall": scores.recall, "f1": scores.f1}


def word_figures(judged: Sequence[tuple[Prediction, Document]]) -> dict[str, float]:
    """Calibration error of "this word is inside of a span" against "outside", over all words."""
    confidence: list[NDArray[np.floating]] = []
    correct: list[NDArray[np.bool_]] = []
    for prediction, document in judged:
        if prediction.words is None or prediction.words.classes[:1] != ("O",):
            return {}
        inside = 1.0 - prediction.words.probabilities[:, 0]
        truth = words_inside(prediction.words.offsets.tolist(), document.spans)
        confidence.append(np.maximum(inside, 1 - inside))
        correct.append((inside >= 0.5) == truth)
    if not confidence:
        return {}
    return {"word_ece": expected_calibration_error(np.concatenate(confidence), np.concatenate(correct))}


def words_inside(words: Sequence[Offset], spans: Sequence[Span]) -> NDArray[np.bool_]:
    """Which words share a character with any span."""
    inside = np.zeros(len(words), np.bool_)
    for index, (start, end) in enumerate(words):
        inside[index] = any(start < span.end and span.start < end for span in spans)
    return inside


def document_figures(labelled: Sequence[tuple[Prediction, Document]]) -> dict[str, float]:
    """Figures of document labels; every document must have a gold label."""
    gold = [str(document.label) for _, document in labelled]
    predicted = [prediction.label for prediction, _ in labelled]
    scores = label_scores(gold, predicted)
    confidence = np.array([max(prediction.document_scores.values(), default=0.0) for prediction, _ in labelled])
    correct = np.array([a == b for a, b in zip(gold, predicted, strict=True)])
    return {
        "document_accuracy": scores.accuracy,
        "document_macro_f1": scores.macro_f1,
        **{f"document_f1_{label}": one.f1 for label, one in scores.per_label.items()},
        "document_ece": expected_calibration_error(confidence, correct),
    }
