"""Reasons in files: the older form, other units, and what is no mark."""

from __future__ import annotations

import json

import pytest

from tokapp.documents import Document, Json, Reason
from tokapp.formats import read_report

TEXT = "🎉🎉 dark mode"


def read(record: dict[str, Json]) -> Document | str:
    report = read_report(json.dumps({"id": "a", "text": TEXT, **record}).encode(), name="a.jsonl")
    return report.documents[0] if report.documents else report.failures[0].reason


def reasons(record: dict[str, Json]) -> tuple[Reason, ...]:
    document = read(record)
    assert isinstance(document, Document) and "rationales" not in document.meta
    return document.reasons


def test_rationales_are_reasons_for_whatever_is_decided() -> None:
    marks: Json = [{"start": 3, "end": 7, "by": "x"}]
    assert reasons({"meta": {"rationales": marks, "app": "x"}}) == reasons({"rationales": marks}) == (Reason(3, 7),)


def test_offsets_that_count_as_browsers_do_are_brought_to_characters() -> None:
    marks: Json = [{"start": 5, "end": 9, "text": "dark", "label": "feature", "evidence": False, "span": [5, 14]}]
    assert reasons({"reasons": marks}) == (Reason(3, 7, "feature", is_evidence=False, span=(3, 12)),)


@pytest.mark.parametrize("value", ["too slow", ["slow", "ugly"], [], [[0, 1, 0]], {"why": "slow"}, 3])
def test_what_is_called_reasons_and_marks_nothing_is_kept_as_it_is(value: Json) -> None:
    document = read({"reasons": value})
    assert isinstance(document, Document) and document.reasons == () and document.meta == {"reasons": value}


@pytest.mark.parametrize(
    ("mark", "reason"),
    [
        ({"start": 2, "end": 2}, "is empty"),
        ({"start": 0, "end": 99}, "ends after the text"),
        ({"start": True, "end": 2}, "whole number"),
        ({"start": 0, "end": 2, "label": 3}, "a reason is written"),
        ({"start": 0, "end": 2, "evidence": "no"}, "a reason is written"),
        ({"start": 0, "end": 2, "span": [0]}, "the span of a reason"),
        ({"start": 0, "end": 2, "span": [4, 2], "label": "f"}, "is empty"),
    ],
)
def test_a_mark_that_fits_nowhere_fails_its_document(mark: Json, reason: str) -> None:
    assert reason in str(read({"reasons": [mark]}))
