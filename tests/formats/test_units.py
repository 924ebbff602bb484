"""Offsets that count UTF-16 units or bytes are converted when the file proves it, and refused when it cannot."""

from __future__ import annotations

import json

import pytest

from tokapp.documents import Document
from tokapp.formats import ReadReport, read_report

TEXT = "😀 great battery, bad 😀 screen"  # battery is [8, 15) in code points, [9, 16) in UTF-16 units


def read(*records: dict[str, object]) -> ReadReport:
    content = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    return read_report(content.encode(), name="a.jsonl")


def span(start: int, end: int, **more: object) -> dict[str, object]:
    return {"start": start, "end": end, "label": "feature", **more}


def surfaces(document: Document) -> list[str]:
    return [document.surface(one) for one in document.spans]


@pytest.mark.parametrize(
    "spans",
    [
        [span(9, 16, text="battery")],
        [span(9, 16, quote="battery")],
        [span(9, 16), span(25, 31)],
        [span(9, 16)],
    ],
    ids=["text", "quote", "end beyond the text", "word edges"],
)
def test_utf16_offsets_are_converted_and_said(spans: list[dict[str, object]]) -> None:
    report = read({"text": TEXT, "spans": spans})
    assert surfaces(report.documents[0])[0] == "battery"
    assert any("UTF-16" in note for note in report.notes)


def test_code_points_stay_code_points() -> None:
    report = read({"text": TEXT, "spans": [span(8, 15), span(23, 29, text="screen")]})
    assert surfaces(report.documents[0]) == ["battery", "screen"]
    assert report.notes == []


def test_a_document_that_cannot_tell_follows_the_rest_of_its_file() -> None:
    silent = {"id": "silent", "text": "😀 ab cd", "spans": [span(1, 6)]}
    proof = {"id": "proof", "text": TEXT, "spans": [span(25, 31)]}
    report = read(silent, proof)
    assert surfaces(report.documents[1]) == ["screen"]
    assert report.failures or surfaces(report.documents[0])
    odd = {"id": "odd", "text": "😀 abcdef", "spans": [span(4, 6)]}
    assert surfaces(read(odd, proof).documents[0]) == ["bc"]
    assert surfaces(read(odd).documents[0]) == ["cd"]


def test_a_file_that_proves_both_fails_the_documents_that_cannot_tell() -> None:
    units = {"id": "units", "text": TEXT, "spans": [span(9, 16, text="battery")]}
    points = {"id": "points", "text": TEXT, "spans": [span(8, 15, text="battery")]}
    silent = {"id": "silent", "text": "😀 abcdef", "spans": [span(4, 6)]}
    report = read(units, points, silent)
    assert [surfaces(one) for one in report.documents] == [["battery"], ["battery"]]
    assert "cannot tell whether its offsets count characters or UTF-16 units" in report.failures[0].reason


def test_an_offset_inside_a_pair_is_never_rounded() -> None:
    proof = {"id": "proof", "text": TEXT, "spans": [span(25, 31)]}
    inside = {"id": "inside", "text": "ab😀cd", "spans": [span(0, 3)]}
    report = read(proof, inside)
    assert [one.id for one in report.documents] in (["proof"], ["proof", "inside"])
    for one in report.documents[1:]:
        assert surfaces(one) == ["ab😀"]


def test_byte_offsets_are_converted_when_quotes_prove_them() -> None:
    bytes_start = len("größe ".encode())
    report = read({"text": "größe und farbe", "spans": [span(bytes_start, bytes_start + 3, text="und")]})
    assert surfaces(report.documents[0]) == ["und"]
    assert any("bytes" in note for note in report.notes)


def test_a_quote_may_differ_in_white_space_only() -> None:
    report = read({"text": "one\n\n two", "spans": [span(0, 9, text="one two")]})
    assert surfaces(report.documents[0]) == ["one\n\n two"]
    assert read({"text": "one two", "spans": [span(0, 3, text="two")]}).failures


def test_extra_span_keys_are_reported() -> None:
    report = read(
        {"text": "good", "spans": [span(0, 4, polarity="positive")]},
        {"text": "bad", "spans": [span(0, 3, polarity="n")]},
    )
    assert report.notes == ["2 times: span key 'polarity' is not kept"]


@pytest.mark.parametrize("offset", ["8", 8.0])
def test_numbers_may_come_as_text_or_with_a_point(offset: object) -> None:
    report = read({"text": TEXT, "spans": [{"start": offset, "end": 15, "label": "feature"}]})
    assert surfaces(report.documents[0]) == ["battery"]
