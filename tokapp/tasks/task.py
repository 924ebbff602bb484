"""The task: label sets and what they mean, as data that people can write too."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from tokapp.documents import Document, Json, Reason, wholes
from tokapp.errors import BadInput, BadSpan, UnknownLabel

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, slots=True)
class Label:
    """A label with its colour (`#rrggbb`), the key that sets it (one character or empty) and what it means.

    Labels of one `group` stand together where a person chooses among many.
    """

    name: str
    color: str
    key: str = ""
    description: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """What is labelled: spans in the text (or, with `part` "answer", in an answer to a question over contexts).

    `view` names how the model sees the text ("plain", or "mail" where digits and addresses are masked);
    `noun` is what one document is called on the screen. `discontinuous` allows spans of several pieces.
    """

    name: str
    title: str
    span_labels: tuple[Label, ...]
    document_labels: tuple[Label, ...] = ()
    part: Literal["text", "answer"] = "text"
    view: Literal["plain", "mail"] = "plain"
    noun: str = "document"
    description: str = ""
    discontinuous: bool = False

    @property
    def span_names(self) -> tuple[str, ...]:
        """Names of the span labels in their order."""
        return tuple(label.name for label in self.span_labels)

    @property
    def document_names(self) -> tuple[str, ...]:
        """Names of the document labels in their order."""
        return tuple(label.name for label in self.document_labels)

    def check(self, document: Document) -> None:
        """Raise BadSpan or UnknownLabel for the first span or document label that does not fit this task."""
        for span in document.spans:
            if span.end > len(document.text):
                raise BadSpan(f"span [{span.start}, {span.end}) ends after the text ({len(document.text)} characters)")
            if span.label not in self.span_names:
                raise UnknownLabel(f"label {span.label!r} is not in task {self.name}: {', '.join(self.span_names)}")
        if not self.discontinuous and any(len(whole) > 1 for whole in wholes(document.spans)):
            raise BadSpan(f"task {self.name} allows no spans of several pieces: take their group away")
        if document.label is not None and document.label not in self.document_names:
            known = ", ".join(self.document_names) or "none"
            raise UnknownLabel(f"document label {document.label!r} is not in task {self.name}: {known}")
        for reason in document.reasons:
            self.check_reason(reason, len(document.text))

    def check_reason(self, reason: Reason, length: int) -> None:
        """Raise BadSpan or UnknownLabel if a reason lies outside of a text of so many characters, or fits no label."""
        for start, end in ((reason.start, reason.end), *(() if reason.span is None else (reason.span,))):
            if end > length:
                raise BadSpan(f"reason [{start}, {end}) ends after the text ({length} characters)")
        names = self.document_names if reason.span is None else self.span_names
        if reason.label not in (*names, *(() if reason.span else ("",))):
            kind, known = "document" if reason.span is None else "span", ", ".join(names) or "none"
            raise UnknownLabel(f"a reason is for the {kind} label {reason.label!r}; task {self.name} has: {known}")


def slug(name: str) -> str:
    """A name that a task can have, made from any name."""
    return re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-_")[:60] or "published"


class _LabelForm(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=60)
    color: str
    key: str = Field(default="", max_length=1)
    description: str = Field(default="", max_length=500)
    group: str = Field(default="", max_length=60)

    @field_validator("color")
    @classmethod
    def _is_color(cls, value: str) -> str:
        if not _COLOR.fullmatch(value):
            raise ValueError("a colour is written #rrggbb")
        return value.lower()


class _TaskForm(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=60, pattern=r"^[a-z0-9][a-z0-9_-]*$")
    title: str = Field(min_length=1, max_length=100)
    span_labels: list[_LabelForm] = []
    document_labels: list[_LabelForm] = []
    part: Literal["text", "answer"] = "text"
    view: Literal["plain", "mail"] = "plain"
    noun: str = Field(default="document", max_length=30)
    description: str = Field(default="", max_length=1000)
    discontinuous: bool = False

    @field_validator("span_labels", "document_labels")
    @classmethod
    def _are_distinct(cls, value: list[_LabelForm]) -> list[_LabelForm]:
        names = [label.name for label in value]
        if len(set(names)) < len(names):
            raise ValueError("two labels have the same name")
        return value


def task_from_json(record: Mapping[str, Json], *, where: str = "") -> Task:
    """A task from its JSON form; raises BadInput naming the field that is wrong."""
    try:
        form = _TaskForm.model_validate(record)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"the task's {place} is wrong: {first['msg']}", where=where) from error
    return Task(
        form.name,
        form.title,
        _labels(form.span_labels),
        _labels(form.document_labels),
        part=form.part,
        view=form.view,
        noun=form.noun,
        description=form.description,
        discontinuous=form.discontinuous,
    )


def _labels(forms: list[_LabelForm]) -> tuple[Label, ...]:
    return tuple(Label(form.name, form.color, form.key, form.description, form.group) for form in forms)


def task_to_json(task: Task) -> dict[str, Json]:
    """The JSON form of a task; `task_from_json` gives the same task back."""
    record = {key: list(value) if key in _LABEL_FIELDS else value for key, value in asdict(task).items()}
    if not task.discontinuous:  # as tasks were written before there were such spans: models are named after this form
        del record["discontinuous"]
    for label in (one for name in _LABEL_FIELDS for one in record[name]):
        if not label["group"]:
            del label["group"]
    return record


_LABEL_FIELDS = ("span_labels", "document_labels")
