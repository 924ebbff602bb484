from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokapp.documents import Span
from tokapp.evaluation.adjudication import Kind, decide, differences, disagreement, together

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


def counting(counts: tuple[Span, ...], versions: dict[str, tuple[Span, ...]], chosen: tuple[Span, ...]) -> set[Span]:
    """What counts after that choice for the first pile that people do not agree on."""
    piles = differences(versions)
    pile = next(one for one in piles if one.kind != "agreed")
    return set(decide(counts, piles, pile, chosen))


def test_what_a_reviewer_chooses_takes_the_place_of_what_counted_there() -> None:
    mine, theirs, far = WORD, Span(4, 17, "feature"), Span(20, 22, "bug")
    versions = {"ana": (mine,), "ben": (theirs, far)}
    assert counting((), versions, (mine,)) == {mine}
    assert counting((mine, far), versions, (theirs,)) == {theirs, far}
    assert counting((mine, theirs, far), versions, ()) == {far}
    assert counting((Span(5, 9, "edited"), far), versions, (mine, theirs)) == {mine, theirs, far}


def test_what_belongs_to_another_difference_stays_where_it_overlaps() -> None:
    shared, other = Span(0, 12, "feature"), Span(5, 9, "bug")
    versions = {"ana": (shared, other), "ben": (shared,)}
    assert counting((shared, other), versions, ()) == {shared}


@given(VERSIONS)
def test_deciding_everything_for_one_person_gives_that_persons_version(versions: dict[str, list[Span]]) -> None:
    piles = differences(versions)
    name = min(versions)
    counts = together((), [span for one in piles if one.kind == "agreed" for span in one.everything])
    for pile in piles:
        if pile.kind != "agreed":
            counts = decide(counts, piles, pile, pile.by[name])
    assert {span.key for span in counts} == {span.key for span in versions[name]}


PAIN, LEFT, ARM = Span(0, 4, "a", group="g1"), Span(8, 12, "a", group="g1"), Span(20, 23, "a", group="g1")


def under(group: str, *spans: Span) -> tuple[Span, ...]:
    """The same pieces as another person named them."""
    return tuple(replace(span, group=group) for span in spans)


def test_spans_of_the_same_pieces_agree_whatever_their_group_is_called() -> None:
    [found] = differences({"ana": (PAIN, ARM), "ben": under("g2", PAIN, ARM)})
    assert (found.kind, found.everything) == ("agreed", (PAIN, ARM))


@pytest.mark.parametrize(
    ("other", "kind"),
    [
        (under("", PAIN, ARM), "pieces"),
        (under("g2", PAIN, LEFT), "edge"),
        ((), "only"),
        (tuple(replace(span, label="b") for span in (PAIN, ARM)), "label"),
    ],
)
def test_all_pieces_of_a_span_are_one_decision(other: tuple[Span, ...], kind: Kind) -> None:
    [found] = differences({"ana": (PAIN, ARM), "ben": other})
    assert (found.kind, found.by["ana"]) == (kind, (PAIN, ARM))


def test_a_span_comes_and_goes_with_all_of_its_pieces_and_what_lies_between_them_stays() -> None:
    between, theirs = Span(14, 18, "b"), under("g2", PAIN, LEFT)
    versions = {"ana": (PAIN, ARM), "ben": theirs}
    assert counting((PAIN, ARM, between), versions, theirs) == {*theirs, between}
    assert counting((*theirs, between), versions, ()) == {between}


def test_spans_that_two_people_grew_from_the_same_one_stay_apart() -> None:
    [found] = differences({"ana": (PAIN, ARM), "ben": (PAIN, LEFT)})
    groups = {span.key: [one.group for one in found.everything if one.key == span.key] for span in found.everything}
    assert groups[ARM.key] == ["g1"] and groups[LEFT.key] != ["g1"]
    assert sorted(groups[PAIN.key]) == sorted(["g1", *groups[LEFT.key]])
