"""Figures by name, and intervals around them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tokapp.documents import Document, Prediction, Span, WordScores
from tokapp.evaluation import score_predictions
from tokapp.evaluation.bootstrap import bootstrap_interval
from tokapp.evaluation.report import measure_once
from tokapp.tasks import Label, load_task


def test_unreviewed_documents_without_spans_are_not_judged() -> None:
    documents = [
        Document("1", "dark mode", spans=(Span(0, 9, "feature"),), is_reviewed=True),
        Document("2", "nobody looked at this"),
    ]
    found = Span(0, 6, "feature")
    predictions = [Prediction("1", "m", (Span(0, 9, "feature"),)), Prediction("2", "m", (found,))]
    figures = score_predictions(load_task("reviews"), documents, predictions)
    assert figures["span_exact_precision"] == 1.0
    reviewed = [documents[0], Document("2", "nobody looked at this", is_reviewed=True)]
    assert score_predictions(load_task("reviews"), reviewed, predictions)["span_exact_precision"] == 0.5


def test_word_calibration_is_judged_over_all_words() -> None:
    words = WordScores(
        np.array([[0, 4], [5, 9]], np.int32), np.array([[0.2, 0.8], [0.2, 0.8]], np.float32), ("O", "I-feature")
    )
    document = Document("1", "dark mode", spans=(Span(0, 4, "feature"),))
    figures = score_predictions(load_task("reviews"), [document], [Prediction("1", "m", (), words)])
    assert figures["word_ece"] == pytest.approx(0.3)


def test_documents_have_their_own_figures() -> None:
    documents = [Document("1", "a", label="ham"), Document("2", "b", label="spam"), Document("3", "c")]
    predictions = [Prediction(one.id, "m", (), None, {"ham": 0.75, "spam": 0.25}) for one in documents]
    figures = score_predictions(load_task("emails"), documents, predictions)
    assert figures["document_accuracy"] == 0.5
    assert figures["document_f1_ham"] == pytest.approx(2 / 3)
    assert figures["document_ece"] == pytest.approx(0.25)


def test_an_interval_holds_the_mean_and_narrows_with_more_documents() -> None:
    values = np.random.default_rng(1).random(400).tolist()
    narrow = bootstrap_interval(values, lambda some: float(np.mean(some)))
    wide = bootstrap_interval(values[:40], lambda some: float(np.mean(some)))
    assert narrow[0] < np.mean(values) < narrow[1]
    assert narrow[1] - narrow[0] < wide[1] - wide[0]


def test_what_is_kept_with_a_version_has_an_interval_and_a_figure_per_label() -> None:
    task = replace(load_task("reviews"), span_labels=(Label("feature", "#112233"), Label("bug", "#332211")))
    gold = [(Span(0, 1, "feature"),), (Span(0, 1, "bug"),), (Span(0, 1, "feature"),)]
    documents = [Document(str(at), "abcd"[at], spans=spans) for at, spans in enumerate(gold)]
    predictions = [Prediction(one.id, "m", one.spans if at else ()) for at, one in enumerate(documents)]
    found = measure_once(predictions, documents, task)
    assert found["span_exact_f1_bug"] == 1.0 and found["span_exact_f1_feature"] == pytest.approx(2 / 3)
    assert found["span_exact_f1_low"] < found["span_exact_f1"] < found["span_exact_f1_high"] == 1.0
