"""Calibration on validation data: temperatures and thresholds; no weight changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from tokapp.documents import Document, Json, Prediction
from tokapp.training.steps.settings import Settings

if TYPE_CHECKING:
    from tokapp.training.state import TrainingState

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_CUTS = tuple(round(0.05 * place, 2) for place in range(1, 20))


class Calibrate(Settings):
    """Settings of calibration; both False and no `least_words` is neutral.

    `temperature` fits one temperature for words and one for documents (Guo et al. 2017), and leaves the expected
    calibration error on validation before and after under "calibration" in the metrics; `thresholds` picks, per span
    label, the word threshold with the best F1 by `goal`: exact spans, overlapping spans, or characters. `least_words`
    is set as it is: spans of fewer words are left out from then on.
    """

    step: Literal["calibrate"] = "calibrate"
    temperature: bool = True
    thresholds: bool = True
    goal: Literal["exact", "overlap", "characters"] = "exact"
    least_words: int | None = Field(default=None, ge=1)


NEUTRAL = Calibrate(temperature=False, thresholds=False)


def run(settings: Calibrate, state: TrainingState) -> None:
    """Set the calibration of the state's network: words first, since document labels may come from them."""
    if settings.least_words is not None:
        _update(state, least_words=settings.least_words)
    errors: dict[str, Json] = {}
    if settings.temperature:
        _update(state, temperature=1.0, document_temperature=1.0)
        errors |= _fit_words(state)
    if not (settings.temperature or settings.thresholds):
        return
    predictions = state.model().predict(state.validation)
    if settings.thresholds and state.network.design.classes:
        _set_thresholds(state, settings.goal, predictions)
    if settings.temperature:
        errors |= _word_error(predictions, state, "after") | _fit_documents(state, predictions)
        state.metrics["calibration"] = errors


def _fit_words(state: TrainingState) -> dict[str, Json]:
    """Set the temperature of least negative log-likelihood; log-probabilities are as good as logits here."""
    from tokapp.evaluation.calibration import fit_temperature

    if not state.network.design.classes:
        return {}
    predictions = state.model().predict(state.validation)
    words, truth = _word_cases(state, predictions)
    if len(truth):
        _update(state, temperature=fit_temperature(words, truth))
    return _word_error(predictions, state, "before")


def _word_error(predictions: Sequence[Prediction], state: TrainingState, when: str) -> dict[str, Json]:
    from tokapp.evaluation.report import word_figures

    pairs = zip(predictions, state.validation, strict=True)
    judged = [pair for pair in pairs if pair[1].is_reviewed or pair[1].spans]
    return {f"{name}_{when}": value for name, value in word_figures(judged).items()}


def _fit_documents(state: TrainingState, predictions: Sequence[Prediction]) -> dict[str, Json]:
    """Set the temperature of document labels that were predicted at 1; gives the calibration errors."""
    from tokapp.evaluation.calibration import fit_temperature

    logits, labels = _document_cases(state, predictions)
    if not len(labels):
        return {}
    temperature = fit_temperature(logits, labels)
    _update(state, document_temperature=temperature)
    return {
        "document_ece_before": _error_at(1.0, logits, labels),
        "document_ece_after": _error_at(temperature, logits, labels),
    }


def _error_at(temperature: float, logits: Floats, labels: Ints) -> float:
    from tokapp.evaluation.calibration import expected_calibration_error

    powers = np.exp((logits - logits.max(axis=1, keepdims=True)) / temperature)
    confidence = powers.max(axis=1) / powers.sum(axis=1)
    return expected_calibration_error(confidence, logits.argmax(axis=1) == labels)


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
    pairs = [(_scores(state, one), other.label) for one, other in zip(predictions, state.validation, strict=True)]
    cases = [(scores, label) for scores, label in pairs if label in names and scores]
    logs = [[np.log(max(scores[name], 1e-12)) for name in names] for scores, _ in cases]
    return np.array(logs), np.array([names.index(str(label)) for _, label in cases], np.int64)


def _scores(state: TrainingState, prediction: Prediction) -> Mapping[str, float]:
    """Document scores; where they come from words, as the thresholds are now."""
    from tokapp.inference.gathering import scores_from_words

    if state.network.design.shape.document != "spans" or prediction.words is None:
        return prediction.document_scores
    return scores_from_words(prediction.words.probabilities, state.task.document_names, state.network.design)


def _set_thresholds(state: TrainingState, goal: str, predictions: Sequence[Prediction]) -> None:
    """For each label, the threshold with the best F1 on validation; near ties go to the one nearest to 0.5."""
    judged = [pair for pair in zip(predictions, state.validation, strict=True) if pair[1].is_reviewed or pair[1].spans]
    least = state.network.design.calibration.least_words
    chosen = {}
    for label in state.task.span_names:
        if any(span.label == label for _, document in judged for span in document.spans):
            scores = {cut: _score_at(cut, label, judged, goal, least) for cut in _CUTS}
            best = max(scores.values())
            chosen[label] = min((cut for cut in _CUTS if scores[cut] >= best - 1e-9), key=lambda cut: abs(cut - 0.5))
    _update(state, thresholds=chosen)


def _score_at(
    cut: float, label: str, judged: Sequence[tuple[Prediction, Document]], goal: str, least_words: int
) -> float:
    from tokapp.evaluation import spans as metrics
    from tokapp.inference.decoding import decode, flatten

    words = [prediction.words for prediction, _ in judged if prediction.words is not None]
    offsets = np.concatenate([one.offsets for one in words])
    values = np.concatenate([one.probabilities for one in words])
    starts = flatten([len(one.offsets) for one in words])
    found = decode(values, words[0].classes, offsets, starts, thresholds={label: cut}, least_words=least_words)
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
