"""Span metrics against tables that were worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tokapp.documents import Span
from tokapp.evaluation import spans as metrics
from tokapp.evaluation.spans import Scores


def feature(start: int, end: int, label: str = "feature") -> Span:
    return Span(start, end, label)


def test_the_capital_of_france_example_gives_the_published_character_figures() -> None:
    pairs = [([feature(60, 70)], [feature(31, 71)])]
    scores = metrics.character_scores(pairs)
    assert (scores.precision, scores.recall, scores.f1) == (0.25, 1.0, 0.4)


def test_overlapping_gold_counts_twice_only_in_the_published_reading() -> None:
    pairs = [([feature(0, 10), feature(5, 15)], [feature(0, 15)])]
    assert metrics.character_scores_unmerged(pairs).precision == pytest.approx(20 / 15)
    assert metrics.character_scores(pairs) == Scores(1.0, 1.0, 1.0)


def test_characters_of_another_label_are_not_shared() -> None:
    assert metrics.character_scores([([feature(0, 4, "a")], [feature(0, 4, "b")])]).f1 == 0.0


@pytest.mark.parametrize(
    ("gold", "predicted", "exact", "overlap"),
    [
        ([feature(0, 4)], [feature(0, 4)], 1.0, 1.0),
        ([feature(0, 9)], [feature(0, 4)], 0.0, 1.0),
        ([feature(0, 4)], [feature(4, 9)], 0.0, 0.0),
        ([feature(0, 4, "a")], [feature(0, 4, "b")], 0.0, 0.0),
        ([], [], 1.0, 1.0),
        ([feature(0, 4)], [], 0.0, 0.0),
        ([], [feature(0, 4)], 0.0, 0.0),
        ([feature(0, 4), feature(5, 9)], [feature(0, 4)], 2 / 3, 2 / 3),
    ],
)
def test_exact_and_overlap_f1_of_one_document(
    gold: list[Span], predicted: list[Span], exact: float, overlap: float
) -> None:
    assert metrics.exact_scores([(gold, predicted)]).f1 == pytest.approx(exact)
    assert metrics.overlap_scores([(gold, predicted)]).f1 == pytest.approx(overlap)


def test_one_long_prediction_over_two_gold_spans_finds_both_but_matches_one() -> None:
    pairs = [([feature(0, 4), feature(5, 9)], [feature(0, 9)])]
    assert metrics.overlap_scores(pairs) == Scores(1.0, 1.0, 1.0)
    assert metrics.matched_scores(pairs) == Scores(1.0, 0.5, pytest.approx(2 / 3))


def test_matching_finds_the_pairing_that_a_greedy_one_would_miss() -> None:
    gold, predicted = [feature(0, 4), feature(3, 9)], [feature(3, 4), feature(0, 2)]
    assert metrics.matched_scores([(gold, predicted)]).f1 == 1.0


def test_a_doubled_prediction_counts_once_when_exact() -> None:
    assert metrics.exact_scores([([feature(0, 4)], [feature(0, 4), feature(0, 4)])]).f1 == 1.0


def test_scores_pool_counts_over_documents_instead_of_averaging_documents() -> None:
    pairs = [([feature(0, 1)], [feature(0, 1)]), ([feature(0, 1), feature(2, 3), feature(4, 5)], [])]
    assert metrics.exact_scores(pairs) == Scores(1.0, 0.25, pytest.approx(0.4))


def test_examples_are_judged_by_whether_they_have_any_span() -> None:
    pairs = [([feature(0, 1)], [feature(5, 6)]), ([], [feature(0, 1)]), ([feature(0, 1)], []), ([], [])]
    assert metrics.example_scores(pairs) == Scores(0.5, 0.5, 0.5)


def test_f_beta_gives_the_value_of_the_published_sheet() -> None:
    assert Scores(0.596, 0.488, 0.0).f_beta(28.29 / 11.86) == pytest.approx(0.502, abs=5e-4)


spans = some.lists(
    some.builds(
        lambda start, length, label: Span(start, start + length, label),
        some.integers(0, 30),
        some.integers(1, 10),
        some.sampled_from(["a", "b"]),
    ),
    max_size=5,
)


@given(gold=spans, predicted=spans)
def test_stricter_measures_never_find_more(gold: list[Span], predicted: list[Span]) -> None:
    pairs = [(list(dict.fromkeys(gold)), list(dict.fromkeys(predicted)))]
    exact, matched, overlap = (
        kind(pairs) for kind in (metrics.exact_scores, metrics.matched_scores, metrics.overlap_scores)
    )
    assert exact.recall <= matched.recall <= overlap.recall
    assert exact.precision <= matched.precision <= overlap.precision


@given(gold=spans, predicted=spans)
def test_character_scores_agree_with_counting_characters_one_by_one(gold: list[Span], predicted: list[Span]) -> None:
    def characters(some: list[Span]) -> set[tuple[int, str]]:
        return {(place, span.label) for span in some for place in range(span.start, span.end)}

    truth, guess = characters(gold), characters(predicted)
    scores = metrics.character_scores([(gold, predicted)])
    if guess:
        assert scores.precision == pytest.approx(len(truth & guess) / len(guess))
    if truth:
        assert scores.recall == pytest.approx(len(truth & guess) / len(truth))
