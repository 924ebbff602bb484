"""Tasks are data: they survive a round trip, and a wrong field is named."""

from __future__ import annotations

import pytest

from tokapp.documents import Document, Span
from tokapp.errors import BadInput, BadSpan, NotFound, UnknownLabel
from tokapp.tasks import Task, built_in_tasks, load_task, task_from_json, task_to_json


@pytest.mark.parametrize("task", built_in_tasks(), ids=lambda task: task.name)
def test_a_task_survives_a_round_trip(task: Task) -> None:
    assert task_from_json(task_to_json(task)) == task


def test_keys_of_one_task_are_distinct() -> None:
    for task in built_in_tasks():
        keys = [label.key for label in (*task.span_labels, *task.document_labels) if label.key]
        assert len(set(keys)) == len(keys), task.name


def test_an_unknown_task_lists_the_known_ones() -> None:
    with pytest.raises(NotFound, match="emails, rag, reviews"):
        load_task("poems")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "Has Blanks"}, "name"),
        ({"span_labels": [{"name": "a", "color": "red"}]}, "colour is written #rrggbb"),
        ({"span_labels": [{"name": "a", "color": "#ffffff"}] * 2}, "two labels have the same name"),
        ({"part": "header"}, "part"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, object], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        task_from_json({"name": "t", "title": "T", **change})  # type: ignore[dict-item]


def test_a_span_outside_and_a_label_unknown_are_refused() -> None:
    reviews = load_task("reviews")
    with pytest.raises(BadSpan, match="ends after the text"):
        reviews.check(Document("1", "short", "reviews", (Span(0, 9, "feature"),)))
    with pytest.raises(UnknownLabel, match="feature"):
        reviews.check(Document("1", "short", "reviews", (Span(0, 5, "bug"),)))
    with pytest.raises(UnknownLabel, match="none"):
        reviews.check(Document("1", "short", "reviews", label="spam"))
