"""Parts of the Explain page without a page: pieces of a text, edits, questions, and work behind the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokapp.documents import Attribution, Document, Prediction, Span, Target
from tokapp.explanations import QUICK
from tokapp.explanations.explainer import Explainer
from tokapp.store import Labelling, Project, Store
from tokapp.tasks import Label, Task
from tokapp.ui.attribution_view import Mark, Tone, pieces_of, tones_of, words_of
from tokapp.ui.explain.by_hand import read_edits
from tokapp.ui.explain.case import Case
from tokapp.ui.explain.choosing import corrected, rivals_of
from tokapp.ui.explain.refining import Refiner, Work, next_budget
from tokapp.words import split_words

TASK = Task(
    "t",
    "T",
    span_labels=(Label("feature", "#112233", "f"), Label("bug", "#332211", "b")),
    document_labels=(Label("praise", "#113322"), Label("complaint", "#331122")),
)
FEATURE = Target("span", "feature", 4, 10)
ATTRIBUTION = Attribution(
    "r", "m", FEATURE, ((0, 3), (4, 10)), ("The", "search"), (0.1, -2.0), (0.2, 0.1), 0.0, -1.9, 6
)


def case(**people: object) -> Case:
    """A document in which the model saw a feature, and what people say about it."""
    document = replace(Document("r", "The search is slow"), **people)  # type: ignore[arg-type]  # fields of a test
    project = Project(1, "P", TASK, datetime(2026, 1, 1, tzinfo=UTC))
    labelling = Labelling(1, 1, document, "new", 0, "m", (), None, {}, False, False)
    return Case(project, labelling, "m", Prediction("r", "m", (Span(4, 10, "feature"),)))


ranges = st.tuples(st.integers(0, 50), st.integers(1, 20)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(st.text(max_size=50), st.lists(ranges, max_size=4))
def test_pieces_joined_are_the_text_and_lie_in_their_words_and_marks(text: str, spans: list[tuple[int, int]]) -> None:
    words = split_words(text)
    tones = [Tone(start, end, 0.5, "") for start, end in words]
    marks = [Mark(str(place), start, end, "x") for place, (start, end) in enumerate(spans)]
    pieces = pieces_of(text, tones, marks)
    assert "".join(str(piece["text"]) for piece in pieces) == text
    for number, (start, end) in enumerate(words):
        assert "".join(str(one["text"]) for one in pieces if one.get("word") == number) == text[start:end]
    for number, (start, end) in enumerate(spans):
        inside = [one for one in pieces if number in cast(list[int], one.get("marks", []))]
        assert "".join(str(one["text"]) for one in inside) == text[start:end]


def test_what_cannot_be_told_from_zero_is_plain_and_says_so() -> None:
    unsure, sure = tones_of(words_of(ATTRIBUTION))
    assert (unsure.strength, unsure.is_clear) == (0.0, False) and "not told from zero" in unsure.note
    assert (sure.strength, sure.note) == (-1.0, "-2.00 ± 0.10")
    assert [tone.strength for tone in tones_of(words_of(ATTRIBUTION), strongest=4.0)] == [0.0, -0.5]


def test_only_words_and_texts_are_taken_from_a_browser() -> None:
    sent = [[1, " a\nb "], [99, "x"], [-1, "x"], ["1", "x"], [2, 3], "ab", [0, ""], None, [1.0]]
    assert read_edits(sent, 4) == {1: "a b", 0: ""}


def test_a_label_stands_against_others_where_there_are_any() -> None:
    assert rivals_of(case(), FEATURE) == ["bug", "O"]
    assert rivals_of(case(), Target("document", "praise")) == []


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ({}, None),
        ({"spans": (Span(4, 10, "bug"),)}, "bug"),
        ({"spans": (Span(4, 10, "feature"),)}, None),
        ({"is_reviewed": True}, "O"),
        ({"spans": (Span(4, 18, "feature"),), "is_reviewed": True}, None),
    ],
)
def test_what_people_say_in_the_same_place_is_the_corrected_label(
    people: dict[str, object], expected: str | None
) -> None:
    assert corrected(case(**people), FEATURE) == expected


def test_each_stage_has_more_evaluations_than_the_one_before() -> None:
    long = replace(ATTRIBUTION, words=tuple((n, n + 1) for n in range(64)), evaluations=130)
    budgets = [next_budget(long)]
    for _ in range(3):
        budgets.append(next_budget(replace(long, evaluations=budgets[-1])))
    assert budgets == [512, 1024, 2048, 4096]


def test_work_that_fails_or_that_nobody_looks_at_ends_alone(store: Store) -> None:
    refiner = Refiner()

    def broken() -> Explainer:
        raise RuntimeError("no model")

    def ask(budget: int, load: Callable[[], Explainer]) -> Work:
        work = refiner.ask(1, "m", (FEATURE,), budget, load=load, store=store)
        assert work is not None
        return work

    first = ask(QUICK, broken)
    assert first.ended.wait(10) and first.state == "failed"
    assert ask(QUICK, broken) is not first, "a first answer is tried again"
    better = ask(64, broken)
    assert better.ended.wait(10) and better.state == "failed"
    assert ask(64, broken) is better, "a refinement that failed is not begun once a second"


def test_nobody_queues_without_end(store: Store) -> None:
    refiner, works = Refiner(), []

    def slow() -> Explainer:
        works[0].ended.wait(5)
        raise RuntimeError("done waiting")

    for budget in range(1, 40):
        work = refiner.ask(1, "m", (FEATURE,), budget, load=slow, store=store)
        works += [] if work is None else [work]
    assert len(works) <= 17
    works[0].ended.set()
