"""Documents that cannot teach are refused in words that say what to add."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tokapp.documents import Document, Span
from tokapp.errors import TrainingError
from tokapp.training.checking import check_teachable, contradictions

SPAN = Span(4, 13, "feature")
GOOD = [Document(f"g{n}", f"the dark mode {n}", spans=(SPAN,), label="praise", is_reviewed=True) for n in range(30)]


def other(document: Document, **changes: object) -> Document:
    return replace(document, id=f"{document.id}-again", **changes)  # type: ignore[arg-type]  # any field


@pytest.mark.parametrize(
    ("documents", "spans", "labels", "words"),
    [
        ([], True, False, "there are no training documents; label some"),
        ([replace(one, spans=()) for one in GOOD], True, False, "none of the 30 training documents has a span; mark"),
        ([replace(one, spans=()) for one in GOOD], True, True, "none of the 30 training documents has a span"),
        (GOOD, False, True, "at least two labels, all are 'praise'; label documents of another one"),
        ([replace(one, label=None) for one in GOOD], False, True, "none has a label"),
        (
            [*GOOD, other(GOOD[3], spans=())],
            True,
            False,
            r"2 of 31 labelled .*: g3, g3-again. A model cannot",
        ),
    ],
)
def test_what_is_missing_or_wrong_is_said(documents: list[Document], spans: bool, labels: bool, words: str) -> None:
    with pytest.raises(TrainingError, match=words):
        check_teachable(documents, spans=spans, labels=labels)


def test_a_few_contradictions_are_noise() -> None:
    many = [replace(one, id=f"{one.id}-{turn}", text=f"{one.text} {turn}") for one in GOOD for turn in range(3)]
    check_teachable([*many, other(many[0], spans=())], spans=True, labels=True)


def test_what_counts_as_a_contradiction() -> None:
    first = GOOD[0]
    shifted = other(first, text="The  Dark mode 0", spans=(Span(5, 14, "feature"),))
    assert shifted.surface(shifted.spans[0]) == "Dark mode" and contradictions([first, shifted]) == []
    assert contradictions([first, other(first, label="complaint")])
    assert contradictions([first, other(first, spans=(Span(4, 8, "feature"),))])
    assert contradictions([first, other(first, spans=(replace(SPAN, label="bug"),))])
    assert contradictions([first, other(first, spans=(), is_reviewed=False)]) == []  # nobody said what is in it
    assert contradictions([first, other(first, spans=(), question="another?")]) == []
