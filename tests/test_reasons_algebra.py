"""Marks of reasons: what one more mark does to those before, and which are about a decision."""

from __future__ import annotations

from functools import reduce
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokapp.documents import Reason, Target
from tokapp.reasons import cleared, marked, reasons_about

LENGTH = 9
MARKS = st.lists(
    st.builds(
        lambda ends, label, is_evidence: Reason(min(ends), max(ends) + 1, label, is_evidence),
        st.tuples(st.integers(0, LENGTH - 1), st.integers(0, LENGTH - 1)),
        st.sampled_from(["spam", "ham"]),
        st.booleans(),
    ),
    max_size=6,
)


def painted(marks: list[Reason], label: str) -> list[bool | None]:
    """What was said last of each character."""
    said: list[bool | None] = [None] * LENGTH
    for one in marks:
        if one.label == label:
            said[one.start : one.end] = [one.is_evidence] * (one.end - one.start)
    return said


@given(marks=MARKS, gone=MARKS.filter(bool))
def test_the_last_mark_of_a_character_counts_and_clearing_takes_it_away(
    marks: list[Reason], gone: list[Reason]
) -> None:
    found = reduce(marked, marks, ())
    for label in ("spam", "ham"):
        assert painted(list(found), label) == painted(marks, label)
    once, place = cleared(found, gone[0]), gone[0]
    for label in ("spam", "ham"):
        wanted = painted(marks, label)
        if label == place.label:
            wanted[place.start : place.end] = [None] * (place.end - place.start)
        assert painted(list(once), label) == wanted
    ours = [one for one in found if one.label == "spam"]
    assert all(one.end <= other.start for one, other in pairwise(ours))


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (Target("document", "spam"), {"any", "whole"}),
        (Target("document", "ham"), {"any"}),
        (Target("span", "feature", 4, 8), {"any", "span"}),
        (Target("span", "feature", 8, 9), {"any"}),
        (Target("start", "feature", 2, 5), {"any", "span"}),
        (Target("span", "bug", 4, 8), {"any"}),
    ],
)
def test_reasons_belong_to_the_decision_that_they_were_given_for(target: Target, expected: set[str]) -> None:
    marks = (Reason(0, 1, by="any"), Reason(0, 1, "spam", by="whole"), Reason(0, 1, "feature", span=(3, 8), by="span"))
    assert {one.by for one in reasons_about(marks, target)} == expected


@pytest.mark.parametrize(("start", "end", "span"), [(1, 1, None), (-1, 2, None), (0, 2, (3, 3))])
def test_a_reason_covers_something(start: int, end: int, span: tuple[int, int] | None) -> None:
    with pytest.raises(ValueError, match="a reason needs"):
        Reason(start, end, "feature", span=span)
