"""Calibration on validation data: temperatures and thresholds; no weight changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from tokapp.documents import Document, Prediction
from tokapp.training.steps.settings import Settings

if TYPE_CHECKING:
    from tokapp.training.state import TrainingState

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_CUTS = tuple(round(0.05 * place, 2) for place in range(1, 20))


class Calibrate(Settings):
    """Settings of calibration; both False is neutral.

    `temperature` fits one temperature for words and one for documents (Guo et al. 2017); `thresholds` picks, per span
    label, the word threshold with the best F1 by `goal`: exact spans, overlapping spans, or characters.
    """

    step: Literal["calibrate"] = "calibrate"
    temperature: bool = True
    thresholds: bool = True
    goal: Literal["exact", "overlap", "characters"] = "exact"


NEUTRAL = Calibrate(temperature=False, thresholds=False)


def run(settings: Calibrate, state: TrainingState) -> None:
    """Set the calibration of the state's network."""
    if settings.temperature:
        _set_temperatures(state)
    if settings.thresholds and state.network.design.classes:
        _set_thresholds(state, settings.goal)


def _set_temperatures(state: TrainingState) -> None:
    """Temperatures with the least negative log-likelihood; log-probabilities are as good as logits here."""
    from tokapp.evaluation.calibration import fit_temperature

    _update(state, temperature=1.0, document_temperature=1.0)
    predictions = state.model().predict(state.validation)
    found = {}
    words, truth = _word_cases(state, predictions)
    if len(truth):
        found["temperature"] = fit_temperature(words, truth)
    documents, labels = _document_cases(state, predictions)
    if len(labels):
        found["document_temperature"] = fit_temperature(documents, labels)
    _update(state, **found)


def _word_cases(state: TrainingState, predictions: Sequence[Prediction]) -> tuple[Floats, Ints]:
    from tokapp.training.examples import word_targets

    classes, logs, truth = state.network.design.classes, [np.empty((0, 1))], [np.empty(0, np.int64)]
    for prediction, document in zip(predictions, state.validation, strict=True):
        if classes and prediction.words is not None and (document.is_reviewed or document.spans):
            offsets = prediction.words.offsets.tolist()
            targets = word_targets(document.spans, offsets, classes)
            probable = prediction.words.probabilities.astype(np.float64)
            seen = probable[:, 0] < 1.0  # words without a token are outside by rule, not by judgement
            logs.append(np.log(np.maximum(probable[seen], 1e-12)))
            truth.append(targets[seen])
    return np.concatenate(logs[1:]) if len(logs) > 1 else logs[0], np.concatenate(truth)


def _document_cases(state: TrainingState, predictions: Sequence[Prediction]) -> tuple[Floats, Ints]:
    names = state.task.document_names
    pairs = zip(predictions, state.validation, strict=True)
    cases = [(one.document_scores, other.label) for one, other in pairs if other.label in names and one.document_scores]
    logs = [[np.log(max(scores[name], 1e-12)) for name in names] for scores, _ in cases]
    return np.array(logs), np.array([names.index(str(label)) for _, label in cases], np.int64)


def _set_thresholds(state: TrainingState, goal: str) -> None:
    """For each label, the threshold with the best F1 on validation; near ties go to the one nearest to 0.5."""
    predictions = state.model().predict(state.validation)
    judged = [pair for pair in zip(predictions, state.validation, strict=True) if pair[1].is_reviewed or pair[1].spans]
    chosen = {}
    for label in state.task.span_names:
        if any(span.label == label for _, document in judged for span in document.spans):
            scores = {cut: _score_at(cut, label, judged, goal) for cut in _CUTS}
            best = max(scores.values())
            chosen[label] = min((cut for cut in _CUTS if scores[cut] >= best - 1e-9), key=lambda cut: abs(cut - 0.5))
    _update(state, thresholds=chosen)


def _score_at(cut: float, label: str, judged: Sequence[tuple[Prediction, Document]], goal: str) -> float:
    from tokapp.evaluation import spans as metrics
    from tokapp.inference.decoding import decode, flatten

    words = [prediction.words for prediction, _ in judged if prediction.words is not None]
    offsets = np.concatenate([one.offsets for one in words])
    values = np.concatenate([one.probabilities for one in words])
    starts = flatten([len(one.offsets) for one in words])
    found = decode(values, words[0].classes, offsets, starts, thresholds={label: cut})
    pairs = [
        ([span for span in document.spans if span.label == label], [span for span in some if span.label == label])
        for (_, document), some in zip(judged, found, strict=True)
    ]
    measures = {
        "exact": metrics.exact_scores,
        "overlap": metrics.overlap_scores,
        "characters": metrics.character_scores,
    }
    return measures[goal](pairs).f1


def _update(state: TrainingState, **changes: object) -> None:
    config = state.network.design
    calibration = config.calibration.model_copy(update=changes)
    state.network.design = config.model_copy(update={"calibration": calibration})
