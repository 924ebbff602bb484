"""Two versions of a model, judged by what people marked."""

from __future__ import annotations

import pytest

from tokapp.documents import Document, Prediction, Span
from tokapp.ui.versions import _of_document

TEXT = "I love the dark mode, fix search"
DARK, MODE, SEARCH = Span(11, 20, "feature"), Span(16, 20, "feature"), Span(26, 32, "feature")


@pytest.mark.parametrize(
    ("before", "after", "people", "expected"),
    [
        ((), (DARK,), (DARK,), [("gained", "better")]),
        ((), (DARK,), (), [("gained", "worse")]),
        ((DARK,), (), (DARK,), [("lost", "worse")]),
        ((DARK,), (), (), [("lost", "better")]),
        ((MODE,), (DARK,), (DARK,), [("changed", "better")]),
        ((DARK,), (MODE,), (DARK,), [("changed", "worse")]),
        ((DARK,), (MODE,), (SEARCH,), [("changed", "neither")]),
        ((DARK,), (DARK,), (SEARCH,), []),
    ],
)
def test_a_difference_is_judged_by_peoples_spans(
    before: tuple[Span, ...], after: tuple[Span, ...], people: tuple[Span, ...], expected: list[tuple[str, str]]
) -> None:
    document = Document("d", TEXT, spans=people, is_reviewed=True)
    found = _of_document(1, document, Prediction("d", "old", before), Prediction("d", "new", after))
    assert [(one.kind, one.verdict) for one in found] == expected


def test_another_label_of_the_whole_is_judged_too() -> None:
    document = Document("d", TEXT, label="spam", is_reviewed=True)
    old, new = (
        Prediction("d", name, (), document_scores={"ham": ham, "spam": 1 - ham})
        for name, ham in (("a", 0.9), ("b", 0.2))
    )
    (found,) = _of_document(1, document, old, new)
    assert (found.kind, found.verdict, found.before, found.after) == ("label", "better", "ham", "spam")
