from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokapp.documents import Span
from tokapp.evaluation.adjudication import Kind, differences, disagreement

WORD = Span(4, 11, "feature")
SPANS = st.builds(
    lambda start, length, label: Span(start, start + length, label),
    st.integers(0, 20),
    st.integers(1, 8),
    st.sampled_from("ab"),
)
VERSIONS = st.dictionaries(
    st.sampled_from(["ana", "ben", "eva"]), st.lists(SPANS, max_size=6, unique_by=lambda span: span.key), min_size=2
)


@pytest.mark.parametrize(
    ("other", "kind", "people"),
    [
        ((WORD,), "agreed", ("ana", "ben")),
        ((), "only", ("ana",)),
        ((Span(4, 11, "bug"),), "label", ("ana", "ben")),
        ((Span(4, 17, "feature"),), "edge", ("ana", "ben")),
        ((Span(0, 11, "bug"),), "both", ("ana", "ben")),
    ],
)
def test_what_two_people_differ_in(other: tuple[Span, ...], kind: Kind, people: tuple[str, ...]) -> None:
    [found] = differences({"ana": (WORD,), "ben": other})
    assert (found.kind, found.people) == (kind, people)
    assert found.by == {"ana": (WORD,), "ben": other}


def test_spans_that_touch_nothing_are_decided_apart() -> None:
    far = Span(30, 40, "bug")
    found = differences({"ana": (WORD, far), "ben": (Span(5, 11, "feature"),), "eva": ()})
    assert [(one.kind, one.start, one.end) for one in found] == [("edge", 4, 11), ("only", 30, 40)]


def test_one_long_span_over_two_short_ones_is_one_decision() -> None:
    [found] = differences({"ana": (Span(0, 20, "a"),), "ben": (Span(0, 5, "a"), Span(10, 20, "a"))})
    assert len(found.by["ben"]) == 2


def test_disagreement_is_the_share_of_open_decisions() -> None:
    assert disagreement({"ana": (WORD, Span(20, 25, "bug")), "ben": (WORD,)}) == 0.5
    assert disagreement({"ana": (), "ben": ()}) == 0.0


@given(VERSIONS)
def test_every_span_lies_in_exactly_one_pile(versions: dict[str, list[Span]]) -> None:
    there = Counter((name, span.key) for name, spans in versions.items() for span in spans)
    found = differences(versions)
    assert Counter((name, span.key) for one in found for name, spans in one.by.items() for span in spans) == there
    assert all(one.start <= span.start and span.end <= one.end for one in found for s in one.by.values() for span in s)
