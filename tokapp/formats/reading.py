"""One pass over one file: its source, how it is to be read, and what is learnt on the way."""

from __future__ import annotations

import codecs
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, TextIO, TypeAlias

from tokapp.documents import Document
from tokapp.formats.encoding import check_encoding, detect_encoding
from tokapp.formats.identities import Identities
from tokapp.formats.source import Source
from tokapp.formats.units import Unit
from tokapp.formats.values import ColumnMapping, Failure, Record
from tokapp.tasks import Task

_PREVIEWED = 2**20
_MARKED = "tokapp-marked"


def _mark(error: UnicodeError) -> tuple[str, int]:
    """A lone surrogate for bytes that cannot be decoded; unlike surrogateescape it works in every encoding."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return chr(0xDC00 + max(error.object[error.start], 0x80)), error.end


codecs.register_error(_MARKED, _mark)


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is to be read; None means: find out."""

    encoding: str | None = None
    delimiter: str | None = None
    lines: bool = False
    all_reviewed: bool = False
    is_preview: bool = False


@dataclass(slots=True)
class Reading:
    """The state of a pass over a file; `notes` counts each sentence, `ids` the ids given so far.

    `unit` is what offsets count where the file states it; `find_unit` asks the whole file where a document cannot tell.
    """

    source: Source
    options: Options
    task: Task | None = None
    mapping: ColumnMapping = field(default_factory=ColumnMapping)
    encoding: str = ""
    delimiter: str = ""
    is_ours: bool = False
    unit: Unit | None = None
    find_unit: Callable[[], Unit | None] | None = None
    notes: Counter[str] = field(default_factory=Counter)
    ids: Identities = field(default_factory=Identities)

    def child(self, source: Source) -> Reading:
        """A pass over a member of an archive: same options, same notes and ids."""
        return Reading(source, self.options, self.task, notes=self.notes, ids=self.ids)

    def again(self) -> Reading:
        """A second pass over the same file, with what is known about it, that leaves no traces in this one."""
        return Reading(self.source, self.options, self.task, self.mapping, self.encoding, self.delimiter, self.is_ours)

    def note(self, sentence: str) -> None:
        """Remember something that a person should know; the same sentence is counted."""
        self.notes[sentence] += 1

    def failure(self, place: str, reason: str, raw: str = "") -> Failure:
        """Something in this file that does not go in."""
        return Failure(self.source.name, place, reason, raw)

    def open_text(self, newline: str) -> TextIO:
        """The decoded file; bytes that do not fit become lone surrogates, so that only their rows fail."""
        if not self.encoding:
            self._find_encoding()
        return io.TextIOWrapper(self.source.open(), encoding=self.encoding, errors=_MARKED, newline=newline)

    def _find_encoding(self) -> None:
        if self.options.encoding:
            self.encoding = check_encoding(self.options.encoding, where=self.source.name)
            return
        self.encoding, note = detect_encoding(self.source, at_most=_PREVIEWED if self.options.is_preview else None)
        if note:
            self.note(note)


Read: TypeAlias = Callable[[Reading], Iterator[Record | Failure]]
Write: TypeAlias = Callable[[Iterable[Document], BinaryIO], None]
Losses: TypeAlias = Callable[[Document], Iterator[tuple[str, str]]]
"""What a format does not hold of one document: (what in general, which one exactly or "")."""


@dataclass(frozen=True, slots=True)
class Format:
    """A file format: how it is found, read and written; `kinds` are the magic bytes that it may begin with."""

    name: str
    title: str
    extensions: tuple[str, ...]
    read: Read | None = None
    write: Write | None = None
    losses: Losses | None = None
    kinds: tuple[str, ...] = ()
