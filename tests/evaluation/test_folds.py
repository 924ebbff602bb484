"""Folds: every document is judged on once, and nothing that shares a group with it, or is its copy, is learnt from."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tokapp.documents import Document
from tokapp.errors import BadInput
from tokapp.evaluation.folds import PROTOCOLS, Protocol, folds
from tokapp.evaluation.splits import components

rows = some.lists(
    some.tuples(some.integers(0, 40), some.integers(0, 25), some.sampled_from(["A", "B", "C"])),
    min_size=30,
    max_size=80,
)


def made(found: list[tuple[int, int, str]]) -> list[Document]:
    return [
        Document(str(at), f"text {text}" if at % 2 else f"TEXT  {text}", meta={"group": f"g{group}", "category": name})
        for at, (text, group, name) in enumerate(found)
    ]


@settings(max_examples=40, deadline=None)
@given(found=rows, protocol=some.sampled_from(list(PROTOCOLS)))
def test_nothing_judged_on_is_learnt_from_or_selected_on(found: list[tuple[int, int, str]], protocol: Protocol) -> None:
    documents = made(found)
    parts = components(documents)
    try:
        turns = folds(documents, protocol, count=3)
    except BadInput:
        return
    for turn in turns:
        sides = [{parts[at] for at in side} for side in (turn.train, turn.validation, turn.test)]
        assert all(sides) and not (sides[0] & sides[1] or sides[0] & sides[2] or sides[1] & sides[2])
    assert sorted(at for turn in turns for at in turn.test) == list(range(len(documents)))


def documents(count: int) -> list[Document]:
    """Each a group of its own; a third of them is of the small category."""
    return [
        Document(str(at), f"text {at}", meta={"category": "small" if at % 3 == 0 else "large"}) for at in range(count)
    ]


def test_bins_hold_a_share_of_every_category() -> None:
    turns = folds(documents(90), "bins", count=10)
    of_small = [sum(at % 3 == 0 for at in turn.test) for turn in turns]
    assert of_small == [3] * 10 and [len(turn.test) for turn in turns] == [9] * 10


def test_leave_one_out_judges_on_a_whole_category_of_which_nothing_was_learnt() -> None:
    turns = folds(documents(30), "leave-one-out", count=0)
    assert [(turn.name, len(turn.test)) for turn in turns] == [("large", 20), ("small", 10)]
    assert all(at % 3 for at in (*turns[1].train, *turns[1].validation))


@pytest.mark.parametrize(
    ("protocol", "count", "says"),
    [
        ("groups", 31, "31 folds need as many groups"),
        ("groups", 1, "at least 2"),
        ("leave-one-out", 0, "two categories"),
    ],
)
def test_too_few_groups_or_categories_are_refused_in_a_sentence(protocol: Protocol, count: int, says: str) -> None:
    plain = [Document(one.id, one.text) for one in documents(30)]
    with pytest.raises(BadInput, match=says):
        folds(plain, protocol, count=count)
