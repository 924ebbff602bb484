"""Words cover everything that is not white space, never overlap, and keep what belongs together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokapp.words import split_words, word_at


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I don't like it.", ["I", "don't", "like", "it", "."]),
        ("👩‍👩‍👧 and 👍🏽!", ["👩‍👩‍👧", "and", "👍🏽", "!"]),
        ("🇩🇪🇫🇷", ["🇩🇪", "🇫🇷"]),
        ("cafe\u0301 olé", ["cafe\u0301", "olé"]),
        ("東京で", ["東", "京", "で"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("สวัสดี か\u3099", ["ส", "วั", "ส", "ดี", "か\u3099"]),
        ("1\ufe0f\u20e3 שָׁלוֹם", ["1\ufe0f\u20e3", "שָׁלוֹם"]),
        ("v4.5 snake_case", ["v4", ".", "5", "snake_case"]),
        ("سلام دنیا", ["سلام", "دنیا"]),
        ("a\r\n\tb", ["a", "b"]),
        ("", []),
    ],
)
def test_words_are_what_people_would_mark(text: str, words: list[str]) -> None:
    assert [text[start:end] for start, end in split_words(text)] == words


@given(st.text())
def test_words_never_overlap_and_only_white_space_lies_between_them(text: str) -> None:
    position = 0
    for start, end in split_words(text):
        assert position <= start < end
        assert not [character for character in text[position:start] if not _may_lie_between(character)]
        position = end
    assert not [character for character in text[position:] if not _may_lie_between(character)]


def _may_lie_between(character: str) -> bool:
    return character.isspace() or not character.strip()


@given(st.text())
def test_the_word_at_a_position_holds_it(text: str) -> None:
    offsets = split_words(text)
    for position in range(len(text)):
        index = word_at(offsets, position)
        assert (index is None) == all(not start <= position < end for start, end in offsets)
        assert index is None or offsets[index][0] <= position < offsets[index][1]
