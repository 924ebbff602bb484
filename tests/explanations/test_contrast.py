"""Words struck and replaced: offsets stay right, and spans are found again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokapp.documents import Prediction, Span, Target, WordScores
from tokapp.explanations.contrast import compare, edit, probability_of
from tokapp.words import split_words

TEXT = "The 🎉 dark mode is gone."


def edited(text: str, edits: dict[int, str]) -> str:
    return edit(text, split_words(text), edits).text


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ({}, TEXT),
        ({2: ""}, "The 🎉 mode is gone."),
        ({0: ""}, "🎉 dark mode is gone."),
        ({2: "", 3: ""}, "The 🎉 is gone."),
        ({3: "light mode"}, "The 🎉 dark light mode is gone."),
        ({6: ""}, "The 🎉 dark mode is gone"),
    ],
)
def test_struck_words_go_with_one_blank_and_others_stand_in_place(edits: dict[int, str], expected: str) -> None:
    assert edited(TEXT, edits) == expected


@given(st.text(max_size=40), st.dictionaries(st.integers(0, 12), st.sampled_from(["", "x", "new words", "日本", "🎉"])))
def test_every_word_that_is_left_stands_where_it_is_said_to_stand(text: str, edits: dict[int, str]) -> None:
    words = split_words(text)
    result = edit(text, words, edits)
    for index, ((start, end), place) in enumerate(zip(words, result.places, strict=True)):
        wanted = edits.get(index, text[start:end])
        assert (place is None) == (wanted == "")
        assert place is None or result.text[place[0] : place[1]] == wanted
    if not any(index in edits for index in range(len(words))):
        assert result.text == text


def test_a_span_goes_forth_and_back_over_an_edit() -> None:
    result = edit(TEXT, split_words(TEXT), {0: "", 2: "very dark"})
    span = Span(6, 15, "feature")
    moved = result.forth(span)
    assert moved is not None and result.text[moved.start : moved.end] == "very dark mode"
    assert result.back(moved) == span
    assert edit(TEXT, split_words(TEXT), {2: "", 3: ""}).forth(span) is None


def test_spans_that_come_and_go_are_told_apart() -> None:
    result = edit(TEXT, split_words(TEXT), {0: ""})
    before = (Span(6, 15, "feature"), Span(19, 23, "bug"))
    after = (Span(2, 11, "feature"), Span(0, 1, "bug"))
    changes = compare(result, before, after)
    assert changes.kept == (Span(6, 15, "feature"),)
    assert changes.appeared == (Span(4, 5, "bug"),) and changes.vanished == (Span(19, 23, "bug"),)


def test_the_probability_of_a_span_is_the_mean_over_its_words() -> None:
    scores = np.array([[0.9, 0.05, 0.05], [0.2, 0.7, 0.1], [0.4, 0.1, 0.5]], np.float32)
    words = WordScores(np.array([[0, 3], [4, 8], [9, 13]], np.int32), scores, ("O", "B-feature", "I-feature"))
    prediction = Prediction("1", "m", (), words, {"spam": 0.25})
    assert probability_of(prediction, Target("span", "feature", 4, 13)) == pytest.approx(0.7)
    assert probability_of(prediction, Target("document", "spam")) == 0.25
    assert probability_of(prediction, Target("span", "bug", 4, 13)) is None
