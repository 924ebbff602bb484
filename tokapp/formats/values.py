"""What goes into and comes out of the formats: records, failures, reports, column mappings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tokapp.documents import Document, Json


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Which column (or key) of a file is what; `meta` None keeps every column that is nothing else."""

    text: str | None = None
    id: str | None = None
    label: str | None = None
    question: str | None = None
    context: str | None = None
    group: str | None = None
    spans: str | None = None
    status: str | None = None
    meta: tuple[str, ...] | None = None

    @property
    def used(self) -> tuple[str, ...]:
        """The columns that are something other than meta."""
        fields = (self.text, self.id, self.label, self.question, self.context, self.group, self.spans, self.status)
        return tuple(column for column in fields if column is not None)


@dataclass(frozen=True, slots=True)
class Record:
    """One row, object or message of a file before it is a document; `place` is "line 12", `number` counts from 1."""

    place: str
    number: int
    values: Mapping[str, Json]
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that did not go in: which file, where in it, why and what to do, and its content as it came."""

    file: str
    place: str
    reason: str
    raw: str = ""

    @property
    def where(self) -> str:
        """File and place in one phrase."""
        return f"{self.file}, {self.place}" if self.place else self.file


@dataclass(frozen=True, slots=True)
class ReadReport:
    """What a file gave: documents, failures, and notes about what was converted or could not be kept."""

    documents: list[Document]
    failures: list[Failure]
    notes: list[str]
    mapping: ColumnMapping
    encoding: str = ""
    delimiter: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows of a file as text, and how it would be read."""

    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    mapping: ColumnMapping
    encoding: str = ""
    delimiter: str = ""
    format: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class LossReport:
    """What a format does not hold of some documents, one sentence per line; empty when nothing is lost."""

    lines: tuple[str, ...] = ()
    documents: int = 0

    def __bool__(self) -> bool:
        return bool(self.lines)
