"""Scores of documents by hand-checkable examples: what should come first comes first."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokapp.documents import Attribution, Document, Prediction, Span, Target, WordScores
from tokapp.errors import NotFound
from tokapp.jobs.rank import _SCORERS
from tokapp.ranking import ORDERINGS, find_ordering
from tokapp.ranking.clusters import diversity, typicality
from tokapp.ranking.disagreement import disagreement, mean_disagreement, span_disagreement
from tokapp.ranking.label_errors import label_doubts
from tokapp.ranking.shortcuts import shortcut_mass
from tokapp.ranking.uncertainty import entropy, margin

CLASSES = ("O", "B-x", "I-x")
TEXT = "aa bb cc"
OFFSETS = np.array([[0, 2], [3, 5], [6, 8]], np.int32)


def said(*rows: tuple[float, float, float], spans: tuple[Span, ...] = (), **scores: float) -> Prediction:
    """A prediction over the three words of TEXT."""
    words = WordScores(OFFSETS[: len(rows)], np.array(rows, np.float32).reshape(-1, 3), CLASSES)
    return Prediction("d", "m", spans, words, scores)


def test_a_span_is_as_unsure_as_the_gap_between_its_labels() -> None:
    sure = said((0.1, 0.8, 0.1), (1, 0, 0), (1, 0, 0), spans=(Span(0, 2, "x"),))
    # P(x) = 0.9 against P(O) = 0.1: whether the word begins or goes on is no doubt of its label.
    assert margin(sure) == pytest.approx(0.2)
    assert entropy(sure) == pytest.approx(-(0.9 * math.log2(0.9) + 0.1 * math.log2(0.1)), abs=1e-6)


def test_a_document_is_as_unsure_as_its_least_sure_span() -> None:
    spans = (Span(0, 2, "x"), Span(6, 8, "x"))
    assert margin(said((0, 1, 0), (1, 0, 0), (0.4, 0.6, 0), spans=spans)) == pytest.approx(0.8)


def test_a_document_without_spans_is_as_unsure_as_its_hardest_word() -> None:
    assert margin(said((1, 0, 0), (0.7, 0.3, 0), (1, 0, 0))) == pytest.approx(0.6)


def test_an_unsure_document_label_counts_too() -> None:
    assert margin(said((1, 0, 0), ham=0.55, spam=0.45)) == pytest.approx(0.9)
    assert entropy(Prediction("d", "m", (), None, {"ham": 0.5, "spam": 0.5})) == pytest.approx(1.0)


def test_a_prediction_of_nothing_is_certain() -> None:
    empty = Prediction("d", "m", ())
    assert (margin(empty), entropy(empty)) == (0.0, 0.0)


@given(st.lists(st.tuples(*[st.floats(0.01, 1)] * 3), min_size=1, max_size=3))
def test_doubt_lies_between_0_and_1(rows: list[tuple[float, float, float]]) -> None:
    prediction = said(*((a / (a + b + c), b / (a + b + c), c / (a + b + c)) for a, b, c in rows))
    assert 0 <= margin(prediction) <= 1 and 0 <= entropy(prediction) <= 1


def test_disagreement_counts_labelled_words() -> None:
    one, other = (Span(0, 5, "x"),), (Span(3, 8, "x"),)  # aa bb against bb cc: one word of three in common
    assert span_disagreement(one, other, TEXT) == pytest.approx(2 / 3)
    assert span_disagreement(one, one, TEXT) == span_disagreement((), (), TEXT) == 0
    assert span_disagreement(one, (Span(0, 5, "y"),), TEXT) == span_disagreement(one, (), TEXT) == 1


def test_another_document_label_is_half_of_a_disagreement() -> None:
    ham, spam = said((1, 0, 0), ham=0.9, spam=0.1), said((1, 0, 0), ham=0.2, spam=0.8)
    assert disagreement(ham, spam, TEXT) == 0.5
    assert disagreement(ham, ham, TEXT) == 0


def reasons(text: str, **values: float) -> Attribution:
    words = tuple((text.index(word), text.index(word) + len(word)) for word in values)
    return Attribution(
        "d", "m", Target("document", "spam"), words, tuple(values), tuple(values.values()), (0.0,) * len(words), 0, 0, 1
    )


def test_reasons_among_passages_are_no_shortcuts_of_the_text() -> None:
    digits = reasons("win 2000 now", **{"2000": 3.0})
    assert shortcut_mass("win 2000 now", [digits]) == 1.0
    assert shortcut_mass("win 2000 now", [replace(digits, parts=(1,))]) == 0.0


def test_shortcuts_are_digits_names_headers_and_signatures() -> None:
    text = "From: a@b.c\nWin 4711 prizes, said Marilyn to me\n-- \nMarco"
    assert shortcut_mass(text, [reasons(text, prizes=3.0, Win=-1.0)]) == 0
    for word in ("4711", "Marilyn", "Marco", "From"):
        assert shortcut_mass(text, [reasons(text, prizes=1.0, **{word: -1.0})]) == 0.5, word
    assert shortcut_mass(text, []) == 0


def test_a_doubted_label_is_one_that_an_unseen_model_does_not_believe() -> None:
    right = said((0.02, 0.97, 0.01), (0.98, 0.01, 0.01), (0.98, 0.01, 0.01))
    documents = [Document("good", TEXT, spans=(Span(0, 2, "x"),)), Document("bad", TEXT, spans=(Span(6, 8, "x"),))]
    good, bad = label_doubts([(document, right) for document in documents])
    assert good < 0.1 and bad > 0.9


def test_a_doubted_document_label_needs_no_words() -> None:
    said_ham = Prediction("d", "m", (), None, {"ham": 0.9, "spam": 0.1})
    doubts = label_doubts([(Document("d", "hi", label=label), said_ham) for label in ("ham", "spam")])
    assert doubts == pytest.approx([0.1, 0.9])


def test_the_most_diverse_begins_in_the_middle_and_goes_to_the_far_ends() -> None:
    points = np.array([[0.0], [1.0], [10.0], [-9.0], [0.9]], np.float32)
    order = np.argsort(diversity(points))[::-1].tolist()
    assert order[:3] == [4, 3, 2]  # the mean is 0.58, then the farthest from 0.9, then from both


def test_the_most_typical_takes_turns_between_groups() -> None:
    rng = np.random.default_rng(0)
    groups = [rng.normal(center, 0.5, (60, 2)).astype(np.float32) for center in (0, 100)]
    scores = typicality(np.concatenate(groups))
    first = np.argsort(scores)[::-1][:10]
    assert sum(first < 60) == 5
    spread = np.linalg.norm(groups[0][first[first < 60]] - groups[0].mean(axis=0), axis=1)
    assert spread.max() < np.linalg.norm(groups[0] - groups[0].mean(axis=0), axis=1).mean()


@pytest.mark.parametrize("count", (0, 1, 2, 21, 49, 130))
def test_every_document_gets_its_own_place(count: int) -> None:
    points = np.random.default_rng(count).normal(size=(count, 3)).astype(np.float32)
    for scores in (typicality(points), diversity(points, picks=20)):
        assert len(set(scores)) == len(scores) == count
        assert all(0 <= score <= 1 for score in scores)


def test_every_scored_ordering_has_a_scorer_and_names_are_found() -> None:
    assert {one.name for one in ORDERINGS if one.is_scored} == set(_SCORERS)
    assert find_ordering("margin").is_active
    with pytest.raises(NotFound, match="oldest, random, margin"):
        find_ordering("best")


def test_people_disagree_as_much_as_their_pairs_do() -> None:
    one, other = (Span(0, 5, "x"),), (Span(0, 5, "y"),)
    assert mean_disagreement([one, one, other], TEXT) == pytest.approx(2 / 3)
    assert mean_disagreement([one], TEXT) == 0
