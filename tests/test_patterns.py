"""Regular expressions that people write: what they find, and that no pattern holds the server up."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokapp.errors import BadInput
from tokapp.patterns import LONGEST, check_pattern, find_matches

EVIL = [r"(\w+\s?)*x", r"(a|aa)+$", r"(?:(?:(?:a{1,1000}){1,1000}){1,1000})$", r"(.*?,){30}P", r"(?R)?a(?R)?"]


def test_matches_are_code_points_in_reading_order() -> None:
    text = "🎉 pay 12 EUR, then 1.50 EUR"
    found = find_matches(r"\d+(\.\d+)? EUR", text)
    assert [text[start:end] for start, end in found] == ["12 EUR", "1.50 EUR"]
    assert found[0] == (6, 12)


@pytest.mark.parametrize("pattern", EVIL)
def test_a_pattern_that_explodes_ends_by_itself(pattern: str) -> None:
    text = "a" * 4000 + " word, " * 3000
    try:
        found = find_matches(pattern, text)
    except BadInput as error:
        assert "write it more simply" in str(error) or "is not a regular expression" in str(error)
    else:
        assert all(0 <= start < end <= len(text) for start, end in found)


@pytest.mark.parametrize("pattern", ["(", "[", "a{2,1}", "*", "(?P<n>a)(?P<n", "\\", "a" * (LONGEST + 1)])
def test_what_is_no_pattern_is_refused_with_a_sentence(pattern: str) -> None:
    with pytest.raises(BadInput, match=r"not a regular expression|at most 200 characters"):
        check_pattern(pattern)


@given(st.text(max_size=30), st.text(max_size=60))
def test_whatever_is_written_gives_matches_or_a_sentence(pattern: str, text: str) -> None:
    try:
        found = find_matches(pattern, text)
    except BadInput as error:
        assert str(error)
    else:
        assert found == sorted(found) and all(start < end for start, end in found)
        assert all(one[1] <= other[0] for one, other in pairwise(found))
