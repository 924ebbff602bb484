"""Matching, words, mistakes, slices, intervals and paired tests against tables that were worked out by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tokapp.documents import Document, Prediction, Span, WordScores
from tokapp.evaluation import bootstrap, significance
from tokapp.evaluation.answers import answer_levels
from tokapp.evaluation.assessment import assess, record_of
from tokapp.evaluation.cases import Case, groups_of
from tokapp.evaluation.confusion import document_confusion, word_confusion
from tokapp.evaluation.matching import MATCHES, Match, match_counts
from tokapp.evaluation.mistakes import mistakes
from tokapp.evaluation.slices import slices, surfaces
from tokapp.evaluation.spans import Counts, Scores
from tokapp.tasks import load_task

TEXT = "It edits photos and photo edit works, editing photos too"


def span(text: str, piece: str, label: str = "a") -> Span:
    start = text.index(piece)
    return Span(start, start + len(piece), label)


def case(text: str, gold: list[Span], predicted: list[Span], key: str = "1", group: str = "", **more: str) -> Case:
    return Case(key, Document(key, text, spans=tuple(gold)), Prediction(key, "m", tuple(predicted)), group, **more)


@pytest.mark.parametrize(
    ("gold", "predicted", "right"),
    [
        ("edits photos", "edits photos", {"exact": 1, "lemma": 1, "words": 1, "overlap": 1}),
        ("edits photos", "editing photos", {"exact": 0, "lemma": 1, "words": 0, "overlap": 0}),
        ("edits photos", "photo edit", {"exact": 0, "lemma": 0, "words": 0, "overlap": 0}),
        ("edits photos", "photos", {"exact": 0, "lemma": 0, "words": 0, "overlap": 1}),
    ],
)
def test_each_way_of_matching_counts_what_its_name_says(gold: str, predicted: str, right: dict[Match, int]) -> None:
    for match in MATCHES:
        found = match_counts(TEXT, [span(TEXT, gold)], [span(TEXT, predicted)], match)
        assert (found.right_predicted, found.predicted, found.gold) == (right[match], 1, 1), match


def test_the_same_words_in_another_order_are_right_once_for_each_true_piece_of_the_document() -> None:
    text = "group call, call group, Group Call"
    gold = [span(text, "group call")]
    said = [span(text, "call group"), span(text, "Group Call")]
    assert match_counts(text, gold, said, "words") == Counts(1, 2, 1, 1)
    assert match_counts(text, gold, [span(text, "call group", "b")], "words").right_gold == 0


def test_words_are_counted_one_by_one_with_o_and_with_nested_labels() -> None:
    text = "one two three four"
    cases = [case(text, [Span(0, 7, "a"), Span(4, 7, "b")], [Span(0, 3, "a"), Span(4, 13, "b")])]
    found = word_confusion(cases, ["a", "b"])
    assert found.classes == ("O", "a", "b")
    # one: a right; two: b right, a missed; three: b spurious; four: nothing on both sides
    assert found.counts.tolist() == [[1, 0, 1], [1, 1, 0], [0, 0, 1]]
    assert found.scores("a") == Scores(1.0, 0.5, pytest.approx(2 / 3))
    assert found.scores("O") == Scores(0.5, 0.5, 0.5)


def test_documents_are_confused_by_their_labels() -> None:
    cases = [
        Case(str(at), Document(str(at), "t", label=gold), Prediction(str(at), "m", (), None, {said: 0.9}))
        for at, (gold, said) in enumerate([("ham", "ham"), ("ham", "spam"), ("spam", "spam")])
    ]
    assert document_confusion(cases).counts.tolist() == [[1, 1], [0, 1]]


def test_answers_are_judged_on_all_levels_with_the_traps_beside() -> None:
    text = "The capital of France is Paris. The population of France is 69 million."
    found = answer_levels([case(text, [Span(60, 70, "x")], [Span(31, 71, "y")])])
    assert (found.characters.precision, found.characters.recall, found.characters.f1) == (0.25, 1.0, 0.4)
    assert found.overlap == 0.25 and found.example_auroc is None
    doubled = answer_levels([case(text, [Span(0, 10, "x"), Span(5, 15, "x")], [Span(0, 15, "x")])])
    assert doubled.characters_published.precision == pytest.approx(20 / 15) and doubled.characters.precision == 1.0


def test_examples_are_ranked_by_their_likeliest_word_and_not_by_decisions() -> None:
    def scored(key: str, gold: list[Span], inside: float) -> Case:
        words = WordScores(np.array([[0, 3]], np.int32), np.array([[1 - inside, inside]], np.float32), ("O", "I-x"))
        return Case(key, Document(key, "one two", spans=tuple(gold)), Prediction(key, "m", (), words))

    found = answer_levels([scored("1", [Span(0, 3, "x")], 0.4), scored("2", [], 0.2), scored("3", [], 0.1)])
    assert found.example_auroc == 1.0, "nothing is above one half, and yet the order is right"
    assert found.balanced_accuracy == 0.5 and found.examples == Scores(0.0, 0.0, 0.0)
    assert found.overlap == pytest.approx(2 / 3), "both empty counts as the same"


def test_mistakes_are_missed_spurious_of_a_wrong_label_or_of_a_wrong_edge() -> None:
    text = "aa bb cc dd ee ff"
    gold = [Span(0, 2, "a"), Span(3, 5, "a"), Span(6, 8, "a"), Span(15, 17, "a")]
    said = [Span(3, 8, "a"), Span(0, 2, "b"), Span(9, 11, "a"), Span(15, 17, "a")]
    found = [(one.kind, one.gold, one.predicted) for one in mistakes([case(text, gold, said)])]
    assert found == [
        ("wrong label", gold[0], said[1]),
        ("wrong edge", gold[1], said[0]),
        ("missed", gold[2], None),
        ("spurious", None, said[2]),
    ]


def test_slices_part_what_was_seen_in_training_from_what_is_new() -> None:
    known = surfaces([Document("t", "Dark  mode", spans=(Span(0, 10, "a"),))])
    text = "dark mode and sync"
    rows = [case(text, [span(text, "dark mode"), span(text, "sync")], [span(text, "dark mode")], str(at), source=name)
            for at, name in enumerate(["x", "x", "y"])]  # fmt: skip
    found = {(one.by, one.value): (one.documents, one.counts.scores.recall) for one in slices(rows, known)}
    assert found[("surface form", "seen in training")] == (3, 1.0)
    assert found[("surface form", "new")] == (3, 0.0)
    assert found[("source", "x")][0] == 2
    assert not any(by in ("length", "label", "annotator", "group") for by, _ in found), "they have one value"


def test_groups_are_drawn_as_a_whole() -> None:
    cases = [case("t", [], [], str(at), group) for at, group in enumerate(["g", "", "g", ""])]
    assert groups_of(cases) == [0, 1, 0, 2]
    counts = np.arange(16, dtype=np.float64).reshape(4, 4)
    assert bootstrap.by_group(counts, [0, 1, 0, 2])[0].tolist() == [8, 10, 12, 14]


quarters = some.lists(some.tuples(*[some.integers(0, 5)] * 3), min_size=1, max_size=12)


@settings(max_examples=50, deadline=None)
@given(rows=quarters)
def test_f1_of_arrays_is_that_of_counts(rows: list[tuple[int, int, int]]) -> None:
    counts = [Counts(min(a, b, c), b, min(a, b, c), c) for a, b, c in rows]
    array = np.array([[one.right_predicted, one.predicted, one.right_gold, one.gold] for one in counts], np.float64)
    assert bootstrap.f1(array).tolist() == pytest.approx([one.scores.f1 for one in counts])
    low, high = bootstrap.f1_intervals(array, draws=50)
    assert 0 <= low <= high <= 1


def row(right: int, said: int, there: int) -> list[float]:
    return [right, said, right, there]


def test_equal_models_have_p_one_and_no_rank_test() -> None:
    counts = np.array([row(1, 2, 2)] * 9)
    found = significance.paired_test(counts, counts)
    assert (found.p, found.wilcoxon, found.differing, found.difference) == (1.0, None, 0, 0.0)
    assert significance.verdict(found, "a", "b").startswith("No difference")


def test_fewer_than_six_differing_documents_are_too_few_for_any_verdict() -> None:
    first, second = np.array([row(0, 1, 1)] * 5), np.array([row(1, 1, 1)] * 5)
    found = significance.paired_test(first, second)
    assert not found.is_enough and found.wilcoxon is None
    assert significance.verdict(found, "a", "b").startswith("Too few for any verdict")


def test_a_large_difference_is_told_in_a_sentence_and_a_small_one_is_not_called_one() -> None:
    first, second = np.array([row(0, 1, 1)] * 20), np.array([row(1, 1, 1)] * 20)
    found = significance.paired_test(first, second)
    assert found.difference == 1.0 and found.p == pytest.approx(1 / 2001, abs=2e-3) and found.wilcoxon is not None
    assert significance.verdict(found, "a", "b").startswith("b finds more of what is right: +1.000 F1")
    assert significance.verdict(significance.paired_test(second, first), "a", "b").startswith("a finds more")
    mixed = np.array([row(at % 2, 1, 1) for at in range(20)])
    other = np.array([row((at + 1) % 2, 1, 1) for at in range(20)])
    assert "No significant difference" in significance.verdict(significance.paired_test(mixed, other), "a", "b")


def test_holm_raises_several_p_values_as_in_his_paper() -> None:
    assert significance.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert significance.holm([0.6, 0.7]) == [1.0, 1.0]


def test_an_assessment_puts_every_figure_beside_the_baseline_and_can_be_written_as_json() -> None:
    train = [Document("t", "The dark mode", spans=(Span(4, 13, "feature"),))]
    texts = [("dark mode works", "dark mode"), ("sync fails", "sync"), ("search fails", "search")]
    cases = [
        case(text, [span(text, piece, "feature")], [span(text, piece, "feature")] if at else [], str(at))
        for at, (text, piece) in enumerate(texts)
    ]
    found = assess(load_task("reviews"), cases, train)
    exact = next(line for line in found.lines if line.match == "exact")
    assert exact.counts == Counts(2, 2, 2, 3) and exact.baseline == 0.5
    assert exact.low <= exact.scores.f1 <= exact.high
    assert found.features is not None and found.features.recall == pytest.approx(2 / 3)
    assert [one.kind for one in found.mistakes] == ["missed"]
    assert json.loads(json.dumps(record_of(found)))["mistakes"] == {"missed": 1}


def test_labels_of_documents_stand_beside_the_most_frequent_one() -> None:
    labels = [("ham", "ham"), ("ham", "spam"), ("spam", "spam")]
    cases = [
        Case(
            str(at),
            Document(str(at), "t", label=gold, is_reviewed=True),
            Prediction(str(at), "m", (), None, {said: 1.0}),
        )
        for at, (gold, said) in enumerate(labels)
    ]
    found = assess(load_task("emails"), cases, [one.document for one in cases])
    figures = {line.label: (line.scores.f1, line.baseline) for line in found.lines}
    assert figures[""] == (pytest.approx(2 / 3), pytest.approx(2 / 3)), "over all labels this is accuracy"
    assert figures["spam"] == (pytest.approx(2 / 3), 0.0)
    assert found.words is None and found.label_confusion is not None
