"""Sentences, clauses and stems by rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokapp.models.sentences import split_clauses, split_passages, split_sentences, stem, stems_of


def test_a_sentence_ends_at_its_mark_and_a_line_at_its_break() -> None:
    text = "It rains. Dr No left!\nThen: a list"
    assert [text[a:b] for a, b in split_sentences(text)] == ["It rains. ", "Dr No left!\n", "Then: a list"]


def test_a_bare_number_belongs_to_the_item_that_follows() -> None:
    text = "Steps:\n1. Open it.\n2. Close it."
    assert [text[a:b] for a, b in split_sentences(text)] == ["Steps:\n", "1. Open it.\n", "2. Close it."]


@given(st.text(max_size=80))
def test_sentences_and_their_clauses_cover_any_text_without_gaps(text: str) -> None:
    sentences = split_sentences(text)
    assert "".join(text[a:b] for a, b in sentences) == text
    for sentence in sentences:
        assert "".join(text[a:b] for a, b in split_clauses(text, sentence)) == text[slice(*sentence)]


def test_short_clauses_join_their_neighbours() -> None:
    text = "He came home in the rain, which made him cold and wet, yes"
    pieces = [text[a:b] for a, b in split_clauses(text, (0, len(text)))]
    assert pieces == ["He came home in the rain, ", "which made him cold and wet, yes"]


@pytest.mark.parametrize(
    ("left", "right"),
    [("cities", "city"), ("Walked", "walking"), ("three", "3"), ("Anna's", "anna"), ("planned", "plan")],
)
def test_forms_of_one_word_have_one_stem(left: str, right: str) -> None:
    assert stem(left) == stem(right)


def test_stems_leave_punctuation_out() -> None:
    assert stems_of("Two dogs, 14 cats!") == ["2", "dog", "14", "cat"]


def test_marked_passages_are_taken_apart() -> None:
    assert split_passages(("passage 1:one\n\npassage 2:two", "three")) == ["one\n\n", "two", "three"]
