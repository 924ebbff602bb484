"""What is written can be read back: arbitrary Unicode, arbitrary spans; and the loss report tells what cannot."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tokapp.documents import Document, Reason, Span
from tokapp.errors import BadInput, NotFound, UnknownLabel
from tokapp.formats import (
    Failure,
    formats,
    loss_report,
    read_report,
    split_documents,
    to_bytes,
    write_documents,
)
from tokapp.formats.delimited import guarded, unguarded
from tokapp.formats.registry import writer
from tokapp.tasks import load_task
from tokapp.words import split_words

ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
NASTY = st.sampled_from(
    ["\r", "\n", "\r\n", "\0", '"', "'", ",", "\t", "=", "😀", "👩‍👩‍👧", "e\u0301", "\ufeff", "\u2028", "#", "O"]
)
TEXTS = st.lists(st.one_of(ANY, NASTY), min_size=1, max_size=8).map("".join).filter(lambda text: bool(text.strip()))
GROUPS = st.one_of(st.just(""), st.sampled_from(["g1", "7", "größe 😀"]))
JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False), ANY
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(ANY, inner, max_size=3)),
    max_leaves=6,
)


@st.composite
def ranges(draw: st.DrawFn, length: int) -> tuple[int, int]:
    """A range of a text."""
    start = draw(st.integers(0, length - 1))
    return start, draw(st.integers(start + 1, length))


@st.composite
def reasons(draw: st.DrawFn, length: int) -> Reason:
    """Any mark in a text of so many characters."""
    label, span = draw(st.sampled_from(["", "feature", "größe"])), draw(st.one_of(st.none(), ranges(length)))
    return Reason(*draw(ranges(length)), label, draw(st.booleans()), span)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """A document with any text and any spans in it."""
    text = draw(TEXTS)
    spans = set()
    for _ in range(draw(st.integers(0, 4))):
        start, end = draw(ranges(len(text)))
        label, group = draw(st.sampled_from(["feature", "bug report", "größe", "B-x"])), draw(GROUPS)
        spans.add(Span(start, end, label, group=group))
    return Document(
        id=draw(ANY.filter(bool)),
        text=text,
        spans=tuple(sorted(spans)),
        label=draw(st.one_of(st.none(), ANY.filter(bool))),
        question=draw(st.one_of(st.none(), TEXTS)),
        contexts=tuple(draw(st.lists(ANY, max_size=3))),
        meta=draw(st.dictionaries(ANY, JSON, max_size=3)),
        is_reviewed=bool(spans) or draw(st.booleans()),
    )


def read_back(written: list[Document], format: str) -> list[Document]:
    name = f"back{writer(format).extensions[0]}"
    report = read_report(to_bytes(written, format), name=name)
    assert report.failures == []
    return report.documents


@pytest.mark.parametrize("format", ["jsonl", "csv", "tsv"])
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(document=documents())
def test_any_document_comes_back_whole(format: str, document: Document) -> None:
    assert read_back([document], format) == [document]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(document=documents(), data=st.data())
def test_jsonl_keeps_every_reason(document: Document, data: st.DataObject) -> None:
    marks = data.draw(st.sets(reasons(len(document.text)), max_size=4))
    marked = replace(document, reasons=tuple(sorted(marks, key=lambda one: one.order)))
    assert read_back([marked], "jsonl") == [marked]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(document=documents())
def test_spacy_keeps_text_label_meta_and_every_span_that_the_report_does_not_name(document: Document) -> None:
    (back,) = read_back([document], "spacy")
    kept = replace(document, question=None, contexts=())
    assert replace(back, spans=()) == replace(kept, spans=(), is_reviewed=back.is_reviewed)
    named = "\n".join(loss_report([document], "spacy").lines)
    for span in document.spans:
        assert span in back.spans or f"[{span.start}, {span.end}) {span.label}" in named


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(document=documents())
def test_conll_keeps_the_text_and_every_span_that_the_report_does_not_name(document: Document) -> None:
    words = split_words(document.text)
    back = read_back([document], "conll")
    assert [one.text for one in back] == [document.text]
    named = "\n".join(loss_report([document], "conll").lines)
    for span in document.spans:
        if f"[{span.start}, {span.end}) {span.label}" not in named:
            assert span in back[0].spans
    edges = {start for start, _ in words}, {end for _, end in words}
    assert all(span.start in edges[0] and span.end in edges[1] for span in back[0].spans)


@pytest.mark.parametrize("format", ["jsonl", "csv", "tsv"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(document=documents())
def test_offsets_cover_the_same_characters_before_and_after(format: str, document: Document) -> None:
    (back,) = read_back([document], format)
    assert [back.surface(span) for span in back.spans] == [document.surface(span) for span in document.spans]


@given(cell=st.text())
def test_the_formula_guard_can_be_taken_off(cell: str) -> None:
    assert unguarded(guarded(cell)) == cell
    assert not guarded(cell).startswith(("=", "+", "-", "@", "\t", "\r"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(document=documents())
def test_an_empty_loss_report_means_that_nothing_is_lost(document: Document) -> None:
    for format in formats():
        if not loss_report([document], format):
            assert read_back([document], format) == [document]


PLAIN = Document("a", "dark mode please", spans=(Span(0, 9, "feature"),), is_reviewed=True)
PIECES = (Span(0, 4, "f", group="g"), Span(5, 9, "f", group="g"))


@pytest.mark.parametrize(
    ("document", "format", "line"),
    [
        (replace(PLAIN, meta={"app": "x"}), "conll", "meta is not written: 1"),
        (replace(PLAIN, question="why?"), "conll", "the question is not written: 1"),
        (replace(PLAIN, contexts=("c",)), "spacy", "the context is not written: 1"),
        (replace(PLAIN, spans=(Span(0, 9, "f", 0.5),)), "spacy", "scores of spans are not written: 1"),
        (replace(PLAIN, spans=(Span(0, 9, "f"), Span(5, 9, "f"))), "conll", "  a [5, 9) f"),
        (replace(PLAIN, spans=(Span(0, 9, "f"), Span(5, 9, "f"))), "spacy", "overlapping spans stand only in the span"),
        (replace(PLAIN, spans=(Span(1, 3, "f"),)), "conll", "  a [1, 3) f"),
        (replace(PLAIN, spans=PIECES), "conll", "the pieces of one span become spans of their own: 2"),
        (replace(PLAIN, spans=PIECES), "spacy", "  a [5, 9) f, piece of g"),
        (replace(PLAIN, spans=(Span(4, 5, "f"),)), "conll", "spans without a word are left out: 1"),
        (replace(PLAIN, spans=(Span(0, 4, "my label"),)), "conll", "blanks in label names become _: 1"),
        *(
            (replace(PLAIN, reasons=(Reason(0, 4),)), form, "what people marked as reasons is not written: 1")
            for form in ("csv", "tsv", "conll", "spacy")
        ),
        (replace(PLAIN, text="=cmd()"), "csv", "cells that begin like a formula get an apostrophe"),
    ],
)
def test_the_loss_report_names_what_is_lost(document: Document, format: str, line: str) -> None:
    assert any(found.startswith(line) for found in loss_report([document], format).lines)
    assert not loss_report([PLAIN], format)


def test_negatives_that_people_reviewed_stay_reviewed() -> None:
    reviewed = replace(PLAIN, spans=())
    new = replace(reviewed, id="b", is_reviewed=False)
    for format in formats():
        assert [one.is_reviewed for one in read_back([reviewed, new], format)] == [True, False]


def test_the_json_record_has_the_promised_shape() -> None:
    scored = replace(PLAIN, spans=(Span(0, 9, "feature", 0.5),), contexts=("one",), question="q", label="x")
    assert json.loads(to_bytes([scored], "jsonl")) == {
        "id": "a",
        "text": "dark mode please",
        "spans": [{"start": 0, "end": 9, "label": "feature", "score": 0.5}],
        "context": "one",
        "question": "q",
        "label": "x",
        "status": "labelled",
        "meta": {},
    }
    assert json.loads(to_bytes([replace(scored, contexts=("one", "two"))], "jsonl"))["context"] == ["one", "two"]


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    write_documents([PLAIN], target, "jsonl")
    before = target.read_bytes()
    with pytest.raises(BadInput, match="lone surrogate"):
        write_documents([PLAIN, replace(PLAIN, text="\ud800")], target, "jsonl")
    assert target.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["out.jsonl"]


def test_writing_checks_the_task_and_the_format(tmp_path: Path) -> None:
    with pytest.raises(UnknownLabel):
        write_documents(
            [replace(PLAIN, spans=(Span(0, 1, "bug"),))], tmp_path / "a", "jsonl", task=load_task("reviews")
        )
    with pytest.raises(NotFound, match="there are: jsonl, csv"):
        write_documents([PLAIN], tmp_path / "a", "docx")


def test_a_split_export_holds_every_document_once_and_groups_together(tmp_path: Path) -> None:
    many = [
        replace(PLAIN, id=str(number), text=f"text {number}", spans=(), meta={"group": str(number // 3)})
        for number in range(90)
    ]
    parts = split_documents(many, seed="project")
    assert sorted(one.id for part in parts.values() for one in part) == sorted(one.id for one in many)
    groups = [{one.meta["group"] for one in part} for part in parts.values()]
    assert not groups[0] & groups[1] and not groups[0] & groups[2] and not groups[1] & groups[2]
    write_documents(many, tmp_path / "split.zip", "jsonl", seed="project")
    with zipfile.ZipFile(tmp_path / "split.zip") as archive:
        assert archive.namelist() == ["train.jsonl", "validation.jsonl", "test.jsonl"]
    assert len(read_report(tmp_path / "split.zip").documents) == 90
    write_documents(many, tmp_path / "folder", "csv", seed="project")
    assert sorted(file.name for file in (tmp_path / "folder").iterdir()) == ["test.csv", "train.csv", "validation.csv"]
    assert {one.id for one in read_report(tmp_path / "folder" / "train.csv").documents} == {
        one.id for one in parts["train"]
    }


def test_a_spreadsheet_reads_the_csv(tmp_path: Path) -> None:
    import pandas as pd

    table = pd.read_csv(
        BytesIO(to_bytes([PLAIN, replace(PLAIN, id="b", text='a\r\nb,"c"')], "csv")), keep_default_na=False
    )
    assert list(table["text"]) == ["dark mode please", 'a\r\nb,"c"']
    assert json.loads(table["spans"][0]) == [{"start": 0, "end": 9, "label": "feature", "text": "dark mode"}]


def test_files_of_others_keep_their_apostrophes() -> None:
    report = read_report(b"id,text\n1,'=quoted'\n2,'-fine\n", name="theirs.csv")
    assert [one.text for one in report.documents] == ["'=quoted'", "'-fine"]
    assert not any(isinstance(one, Failure) for one in report.failures)


def test_pieces_become_spans_of_their_own_where_the_task_allows_no_others() -> None:
    written = to_bytes([replace(PLAIN, spans=PIECES)], "jsonl").replace(b'"f"', b'"feature"')
    task = load_task("reviews")
    report = read_report(written, name="a.jsonl", task=task)
    assert [span.group for span in report.documents[0].spans] == ["", ""]
    assert any("pieces of one span became spans of their own" in note for note in report.notes)
    (kept,) = read_report(written, name="a.jsonl", task=replace(task, discontinuous=True)).documents
    assert [span.group for span in kept.spans] == ["g", "g"]


@pytest.mark.parametrize("group", ["[]", "true", '"%s"' % ("g" * 41)])
def test_a_group_that_is_none_is_a_sentence(group: str) -> None:
    line = f'{{"text": "abc", "spans": [{{"start": 0, "end": 1, "label": "f", "group": {group}}}]}}'
    (failure,) = read_report(line.encode(), name="a.jsonl").failures
    assert "group" in failure.reason
