"""What goes down to the editor and what comes up from it, without a browser."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokapp.documents import Document, Span
from tokapp.errors import BadInput, BadSpan, UnknownLabel
from tokapp.store import Labelling
from tokapp.tasks import Label, Task
from tokapp.ui.span_editor import editor_data
from tokapp.ui.span_editor.submission import Submission, check_entry, read_submission, read_target

TASK = Task(name="t", title="T", span_labels=(Label("feature", "#2f7fd1", "f"), Label("problem", "#c4373f", "p")))
TEXT = "👩‍👩‍👧 loves dark mode\r\nnot 日本語"
TOKEN = "0" * 32


def entry(**changes: Any) -> dict[str, Any]:
    one = {"token": TOKEN, "doc": 1, "seen": 0, "length": len(TEXT), "verb": "add", "spans": [[0, 5, "feature"]]}
    return one | changes


def queue(*entries: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"have": 1, "doc": 1, "edits": list(entries), "drawn": []} | changes


def labelling(text: str = TEXT, *, spans: tuple[Span, ...] = (), suggestions: tuple[Span, ...] = ()) -> Labelling:
    document = Document("d", text, task="t", spans=spans)
    return Labelling(1, 1, document, "new", 0, "m", suggestions, None, {}, can_undo=False, can_redo=False)


def test_nothing_sent_is_an_empty_submission() -> None:
    assert read_submission(None) == Submission()


def test_an_action_arrives_as_an_edit_with_its_token() -> None:
    read = read_submission(queue(entry(), entry(token="1" * 32, verb="undo", spans=[])))
    assert [one.edit.verb for one in read.entries] == ["add", "undo"]
    assert read.entries[0].edit.spans == (Span(0, 5, "feature"),)
    assert read.entries[0].edit.token == TOKEN
    assert (read.have, read.document) == (1, 1)


@pytest.mark.parametrize(
    "value",
    [
        "text",
        [],
        {},
        42,
        queue(entry(), have="1"),
        queue(entry(), extra=1),
        queue(entry(more=1)),
        queue(entry(token="../../etc/passwd")),
        queue(entry(token="0" * 31)),
        queue(entry(doc=-1)),
        queue(entry(doc=2**63)),
        queue(entry(doc=True)),
        queue(entry(seen=1.5)),
        queue(entry(length=None)),
        queue(entry(verb="drop table")),
        queue(entry(verb="set_label")),
        queue(entry(verb="import")),
        queue(entry(spans="[]")),
        queue(entry(spans=[[0, 5]])),
        queue(entry(spans=[[0, 5, "feature", 1]])),
        queue(entry(spans=[["0", 5, "feature"]])),
        queue(entry(spans=[[0, 5.0, "feature"]])),
        queue(entry(spans=[[-1, 5, "feature"]])),
        queue(entry(spans=[[5, 5, "feature"]])),
        queue(entry(spans=[[6, 5, "feature"]])),
        queue(entry(spans=[[0, 5, ""]])),
        queue(entry(spans=[[0, 5, "x" * 61]])),
        queue(entry(spans=[[0, 5, None]])),
        queue(entry(spans=[])),
        queue(entry(spans=[[0, 5, "feature", ""]])),
        queue(entry(spans=[[0, 5, "feature", "g" * 41]])),
        queue(entry(spans=[[0, 5, "feature", "g", "h"]])),
        queue(entry(verb="join", spans=[])),
        queue(entry(verb="relabel")),
        queue(entry(verb="relabel", spans=[[0, 5, "feature"], [6, 8, "feature"], [0, 5, "problem"]])),
        queue(entry(verb="move")),
        queue(entry(verb="undo")),
        queue(entry(verb="accept", spans=[])),
        queue(None),
        queue(entry(), spans=[[3, 2, "feature"]]),
    ],
)
def test_a_value_of_another_shape_is_refused_with_a_sentence(value: object) -> None:
    with pytest.raises(BadInput, match="Reload the page"):
        read_submission(value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=5),
    max_leaves=20,
)


@given(JSON)
def test_any_json_is_read_or_refused_but_never_breaks_the_page(value: object) -> None:
    with contextlib.suppress(BadInput):
        assert isinstance(read_submission(value), Submission)


@given(st.fixed_dictionaries({"have": JSON, "doc": JSON, "edits": st.lists(JSON, max_size=3), "spans": JSON}))
def test_any_json_in_the_right_frame_is_read_or_refused(value: dict[str, object]) -> None:
    with contextlib.suppress(BadInput):
        read_submission(value)


@given(st.text(max_size=60), st.integers(0, 70), st.integers(0, 70), st.integers(0, 70))
def test_only_spans_inside_of_the_very_text_pass(text: str, start: int, end: int, length: int) -> None:
    if start >= end:
        return
    [one] = read_submission(queue(entry(length=length, spans=[[start, end, "feature"]]))).entries
    is_right = length == len(text) and end <= len(text)
    if is_right:
        check_entry(one, labelling(text), TASK)
    else:
        with pytest.raises(BadInput):
            check_entry(one, labelling(text), TASK)


def test_a_text_that_is_counted_in_another_unit_is_caught_by_its_length() -> None:
    units = len(TEXT.encode("utf-16-le")) // 2
    [one] = read_submission(queue(entry(length=units))).entries
    with pytest.raises(BadInput, match="reload"):
        check_entry(one, labelling(), TASK)


def test_a_label_that_the_task_does_not_have_is_refused() -> None:
    [one] = read_submission(queue(entry(spans=[[0, 5, "<script>"]]))).entries
    with pytest.raises(UnknownLabel, match="feature, problem"):
        check_entry(one, labelling(), TASK)


def test_a_span_after_the_text_and_another_document_are_refused() -> None:
    [late] = read_submission(queue(entry(spans=[[0, 500, "feature"]]))).entries
    with pytest.raises(BadSpan):
        check_entry(late, labelling(), TASK)
    [other] = read_submission(queue(entry(doc=7))).entries
    with pytest.raises(BadInput, match="document 7"):
        check_entry(other, labelling(), TASK)


@pytest.mark.parametrize("value", [[0, 5, "feature"], (0, 5, "feature")])
def test_a_span_to_explain_is_read(value: object) -> None:
    assert read_target(value) == Span(0, 5, "feature")


@pytest.mark.parametrize("value", [[0, 5], [5, 0, "x"], ["0", 5, "x"], [0, 5, None], "0:5:x", {}, [True, 5, "x"]])
def test_anything_else_to_explain_is_refused(value: object) -> None:
    with pytest.raises(BadInput):
        read_target(value)


def data_of(one: Labelling, **changes: Any) -> dict[str, Any]:
    data: dict[str, Any] = editor_data(one, TASK, **({"answers": {}, "have": None, "threshold": 0.0} | changes))
    return data


def test_what_goes_down_is_plain_json_with_code_points() -> None:
    at = TEXT.index("dark mode")
    one = labelling(spans=(Span(at, at + 9, "feature"),), suggestions=(Span(0, 5, "problem", 0.876543),))
    data = json.loads(json.dumps(data_of(one), allow_nan=False))
    assert data["spans"] == [[at, at + 9, "feature"]]
    assert data["suggestions"] == [[0, 5, "problem", 0.8765]]
    start, end = data["words"][-2:]
    assert (data["text"], TEXT[start:end]) == (TEXT, "語")


def test_a_text_that_the_browser_has_does_not_go_down_again() -> None:
    assert data_of(labelling(), have=1)["text"] is None
    assert data_of(labelling(), have=1)["words"] is None
    assert data_of(labelling(), have=2)["text"] == TEXT


def test_suggestions_below_the_threshold_stay_hidden() -> None:
    one = labelling(suggestions=(Span(0, 5, "feature", 0.4), Span(6, 11, "feature", 0.6), Span(12, 14, "feature")))
    assert [start for start, *_ in data_of(one, threshold=0.5)["suggestions"]] == [6, 12]


def test_a_colour_that_could_carry_a_style_turns_grey() -> None:
    task = Task(name="t", title="T", span_labels=(Label("feature", "red;background:url(//x)", "f"),))
    data: dict[str, Any] = editor_data(labelling(), task, answers={}, have=None, threshold=0)
    assert data["labels"][0]["color"] == "#808080"


def test_pieces_travel_with_their_group() -> None:
    pieces = (Span(0, 5, "feature", group="g1"), Span(6, 8, "feature", group="g1"))
    assert data_of(labelling(spans=pieces))["spans"] == [[0, 5, "feature", "g1"], [6, 8, "feature", "g1"]]
    sent = entry(verb="join", spans=[[0, 5, "feature"], [6, 8, "feature", "g1"]])
    assert read_submission(queue(sent)).entries[0].edit.spans == (Span(0, 5, "feature"), pieces[1])
