"""Contrast examples stand beside their original in every split, and say who said what is right there."""

from __future__ import annotations

import pytest

from tokapp.documents import Document, Prediction, Span
from tokapp.errors import BadInput
from tokapp.evaluation.splits import group_of
from tokapp.jobs.out_of_fold import _fold
from tokapp.store import DocumentFilter, Project, Store
from tokapp.store.contrasts import SOURCE, Contrast

SPAN = Span(0, 7, "bug", 0.8, "model:m")


def contrast(text: str = "Battery drains", **said: object) -> Contrast:
    """The battery review without its first word."""
    prediction = Prediction("", "m", (SPAN,), None, {"complaint": 0.7, "praise": 0.3})
    return Contrast(text, [(0, 3, "")], prediction, **said)  # type: ignore[arg-type]  # fields of a test


@pytest.fixture
def original(store: Store, project: Project) -> int:
    """A document of a group of its own, with reasons that somebody marked in it."""
    meta = {"stars": 2, "rationales": [{"start": 0, "end": 3}]}
    store.add_documents(project.id, [Document("b", "The battery drains", "reviews", meta=meta)], source="f")
    return store.find_document(project.id, "b")


def test_a_contrast_is_of_the_group_of_its_original(store: Store, project: Project, original: int) -> None:
    pk = store.add_contrast(original, contrast(), "ana")
    (_, old), (_, new) = store.load_documents([original, pk])
    rows = {row.id: row for row in store.documents(project.id, DocumentFilter())}
    assert rows[pk].split == rows[original].split and rows[pk].source == SOURCE
    assert new.meta["group"] == group_of(old) and _fold(new) == _fold(old)
    assert new.meta["contrast_of"] == "b" and new.meta["stars"] == 2 and "rationales" not in new.meta
    assert new.meta["changes"] == [{"start": 0, "end": 3, "was": "The", "now": ""}]


def test_a_contrast_of_a_contrast_stays_in_the_group(store: Store, original: int) -> None:
    first = store.add_contrast(original, contrast(), "ana")
    second = store.add_contrast(first, contrast("Battery"), "ana")
    (_, one), (_, other) = store.load_documents([first, second])
    assert one.meta["group"] == other.meta["group"] and other.meta["contrast_of"] == one.id


def test_what_is_right_is_a_persons_word(store: Store, original: int) -> None:
    pk = store.add_contrast(original, contrast(accepted=[SPAN], label="complaint"), "ana")
    labelling = store.open_for_labelling(pk, model="m")
    assert labelling.status == "labelled" and not labelling.suggestions
    assert [(span.key, span.origin) for span in labelling.document.spans] == [(SPAN.key, "person:ana")]
    assert labelling.document.label == "complaint"
    events = store.events(pk)
    assert [(one.verb, one.by) for one in events] == [("accept", "ana"), ("set_label", "ana"), ("submit", "ana")]
    assert isinstance(events[0].before, dict) and events[0].before["model"] == "m"


def test_surviving_marks_are_added_and_nothing_is_an_answer(store: Store, original: int) -> None:
    moved = store.add_contrast(original, contrast(spans=[Span(8, 14, "feature")]), "ana")
    empty = store.add_contrast(original, contrast("Nothing here"), "ana")
    (_, one), (_, other) = store.load_documents([moved, empty])
    assert [span.key for span in one.spans] == [(8, 14, "feature")] and one.is_reviewed
    assert not other.spans and other.is_reviewed


@pytest.mark.parametrize("text", ["The battery drains", "  "])
def test_a_text_that_is_there_already_or_empty_is_refused(store: Store, original: int, text: str) -> None:
    with pytest.raises(BadInput):
        store.add_contrast(original, contrast(text), "ana")
