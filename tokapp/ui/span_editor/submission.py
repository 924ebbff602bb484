"""What comes up from the browser, read as if a stranger had sent it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tokapp.documents import LONGEST_GROUP, Span
from tokapp.errors import BadInput, BadSpan, UnknownLabel
from tokapp.store.values import Edit, Labelling
from tokapp.tasks import Task

_Verb: TypeAlias = Literal["add", "remove", "relabel", "move", "join", "accept", "reject", "submit", "undo", "redo"]
_Id: TypeAlias = Annotated[int, Field(ge=0, lt=2**53)]
_Label: TypeAlias = Annotated[str, Field(min_length=1, max_length=60)]
_Group: TypeAlias = Annotated[str, Field(min_length=1, max_length=LONGEST_GROUP)]
_PlainSpan: TypeAlias = tuple[_Id, _Id, _Label] | tuple[_Id, _Id, _Label, _Group]
_SPANS_OF = {"add": 1, "move": 2, "submit": 0, "undo": 0, "redo": 0}
_LONGEST = 10_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One action on a document: `seen` is the revision it was made on, `length` the text's in code points."""

    document: int
    seen: int
    length: int
    edit: Edit


@dataclass(frozen=True, slots=True)
class Submission:
    """Every action that the browser has no answer to, oldest first.

    `have` is the document whose text the browser keeps, `document` the one on the screen. `drawn` holds, for every
    document of the entries, people's spans as they are drawn: the person's own version if somebody else saved first.
    """

    have: int | None = None
    document: int | None = None
    entries: tuple[Entry, ...] = ()
    drawn: Mapping[int, tuple[Span, ...]] = field(default_factory=dict)


class _EntryForm(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    token: str = Field(pattern=r"^[0-9a-f]{32}$")
    doc: _Id
    seen: _Id
    length: _Id
    verb: _Verb
    spans: list[_PlainSpan] = Field(max_length=_LONGEST)


class _QueueForm(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    have: _Id | None
    doc: _Id
    edits: list[_EntryForm] = Field(max_length=_LONGEST)
    drawn: list[tuple[_Id, Annotated[list[_PlainSpan], Field(max_length=10 * _LONGEST)]]] = Field(max_length=_LONGEST)


def read_submission(value: object) -> Submission:
    """The browser's state value as a Submission (an empty one for None); raises BadInput if it has any other shape."""
    if value is None:
        return Submission()
    try:
        form = _QueueForm.model_validate(_with_tuples(value))
        entries = tuple(_entry(entry) for entry in form.edits)
        return Submission(form.have, form.doc, entries, {doc: _spans(spans) for doc, spans in form.drawn})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "queue"
        raise BadInput(f"the editor sent something unexpected at {place}: {first['msg']}. Reload the page.") from error


def check_entry(entry: Entry, labelling: Labelling, task: Task) -> None:
    """Raise BadInput, BadSpan or UnknownLabel if an action does not fit the document it names."""
    length = len(labelling.document.text)
    if entry.document != labelling.id:
        raise BadInput(f"the action is about document {entry.document}, not {labelling.id}: reload the page")
    if entry.length != length:
        raise BadInput(f"the editor's text has {entry.length} characters and the stored one {length}: reload the page")
    for span in entry.edit.spans:
        if span.end > length:
            raise BadSpan(f"span [{span.start}, {span.end}) ends after the text, which has {length} characters")
        if span.label not in task.span_names:
            known = ", ".join(task.span_names) or "none"
            raise UnknownLabel(f"task {task.name} has no label {span.label!r}; it has: {known}")


def read_target(value: object) -> Span | None:
    """The span that a person asks about (start, end, label), None if nothing was asked; raises BadInput."""
    if value is None:
        return None
    if not isinstance(value, list | tuple) or len(value) != 3:
        raise BadInput("the editor asked about something that is not a span. Reload the page.")
    start, end, label = value
    if not (type(start) is int and type(end) is int and isinstance(label, str) and 0 <= start < end):
        raise BadInput("the editor asked about something that is not a span. Reload the page.")
    return Span(start, end, label)


def _entry(form: _EntryForm) -> Entry:
    wanted, count = _SPANS_OF.get(form.verb), len(form.spans)
    if count != wanted if wanted is not None else not count or (form.verb == "relabel" and count % 2):
        raise BadInput(f"{form.verb} came with {len(form.spans)} spans. Reload the page.")
    return Entry(form.doc, form.seen, form.length, Edit(form.verb, _spans(form.spans), token=form.token))


def _spans(plain: list[_PlainSpan]) -> tuple[Span, ...]:
    for start, end, *_ in plain:
        if start >= end:
            raise BadSpan(f"span [{start}, {end}) is empty. Reload the page.")
    return tuple(_span(*one) for one in plain)


def _span(start: int, end: int, label: str, group: str = "") -> Span:
    return Span(start, end, label, group=group)


def _with_tuples(value: object) -> object:
    """JSON has lists where the strict form wants tuples: only spans are turned, all else is left to the form."""
    if not isinstance(value, dict):
        return value
    turned = dict(value)
    if isinstance(value.get("edits"), list):
        turned["edits"] = [_entry_with_tuples(one) for one in value["edits"]]
    if isinstance(value.get("drawn"), list):
        turned["drawn"] = [_drawn_with_tuples(one) for one in value["drawn"]]
    return turned


def _entry_with_tuples(value: object) -> object:
    return {**value, "spans": _tuples(value.get("spans"))} if isinstance(value, dict) else value


def _drawn_with_tuples(value: object) -> object:
    return (value[0], _tuples(value[1])) if isinstance(value, list) and len(value) == 2 else value


def _tuples(value: object) -> object:
    return [tuple(one) if isinstance(one, list) else one for one in value] if isinstance(value, list) else value
