"""From files to documents: one by one, as a report, as a strict list, as a preview."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import TypeAlias

from tokapp.documents import Document, Json
from tokapp.errors import BadInput
from tokapp.formats import archive
from tokapp.formats.conversion import to_document
from tokapp.formats.mapping import checked_mapping, guess_mapping
from tokapp.formats.reading import Options, Reading
from tokapp.formats.registry import ARCHIVE, format_of
from tokapp.formats.source import Data, Source, open_source
from tokapp.formats.spans import parse_spans
from tokapp.formats.units import Unit, judge, matters
from tokapp.formats.values import ColumnMapping, Failure, Preview, ReadReport, Record
from tokapp.tasks import Task, load_task

Columns: TypeAlias = ColumnMapping | Mapping[str, str | None]

_PEEKED = 50
_LOG = logging.getLogger(__name__)


def iter_documents(
    data: Data,
    task: str | Task | None = None,
    *,
    name: str | None = None,
    mapping: Columns | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    lines: bool = False,
    all_reviewed: bool = False,
    max_bytes: int | None = None,
    notes: Counter[str] | None = None,
) -> Iterator[Document | Failure]:
    """Documents and failures of a path, of bytes or of an open file (with its `name`), in order and in flat memory.

    `lines` makes every line of a text file a document; `all_reviewed` takes documents with a spans column or a label as
    finished, as training files are, where no status column tells them apart. What a person should know of the file is
    counted in `notes`; see `told`. Raises BadInput when the file as a whole is not usable.
    """
    options = Options(encoding, delimiter, lines, all_reviewed)
    reading = _reading(data, task, name, options, max_bytes)
    if notes is not None:
        reading.notes = notes
    return _documents(reading, mapping)


def read_report(
    data: Data,
    task: str | Task | None = None,
    *,
    name: str | None = None,
    mapping: Columns | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    limit: int | None = None,
    lines: bool = False,
    all_reviewed: bool = False,
    max_bytes: int | None = None,
) -> ReadReport:
    """Everything that a file gave, at most `limit` documents and failures; raises BadInput as `iter_documents` does."""
    options = Options(encoding, delimiter, lines, all_reviewed)
    reading = _reading(data, task, name, options, max_bytes)
    documents: list[Document] = []
    failures: list[Failure] = []
    for item in islice(_documents(reading, mapping), limit):
        if isinstance(item, Document):
            documents.append(item)
        else:
            failures.append(item)
    notes = told(reading.notes)
    return ReadReport(documents, failures, notes, reading.mapping, reading.encoding, reading.delimiter)


def read_documents(path: Data, task: str | Task | None = None, *, all_reviewed: bool = False) -> list[Document]:
    """The usable documents of a file; the others are logged. Raises BadInput when none is usable."""
    report = read_report(path, task, all_reviewed=all_reviewed)
    for note in report.notes:
        _LOG.warning("file=%s note=%s", path if isinstance(path, (Path, str)) else "upload", note)
    for failure in report.failures:
        _LOG.warning("where=%s reason=%s", failure.where, failure.reason)
    if report.documents:
        return report.documents
    if report.failures:
        first, count = report.failures[0], len(report.failures)
        raise BadInput(f"{first.reason} (none of {count} documents is usable)", where=first.where)
    raise BadInput("there are no documents in the file", where=str(path) if isinstance(path, (Path, str)) else "")


def preview(
    data: Data,
    name: str | None = None,
    task: str | Task | None = None,
    rows: int = 20,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    lines: bool = False,
) -> Preview:
    """The first rows as they stand in the file, and the guessed mapping; of an archive, those of its first file."""
    options = Options(encoding=encoding, delimiter=delimiter, lines=lines, is_preview=True)
    reading = _reading(data, task, name, options, None)
    form = format_of(reading.source)
    if form is ARCHIVE:
        return _preview_of_first_member(reading, rows)
    return _preview(reading, rows)


def _preview_of_first_member(reading: Reading, rows: int) -> Preview:
    for source in archive.members(reading):
        if isinstance(source, Source):
            return _preview(reading.child(source), rows)
    raise BadInput("the archive holds no file that can be read", where=reading.source.name)


def _preview(reading: Reading, rows: int) -> Preview:
    form = format_of(reading.source)
    if form.read is None:
        raise BadInput("an archive in an archive is not opened", where=reading.source.name)
    items = list(islice(_safely(form.read(reading), reading), max(rows, _PEEKED)))
    records = [item for item in items if isinstance(item, Record)]
    columns = _columns(records)
    shown = [tuple(_cell(record.values.get(column)) for column in columns) for record in records[:rows]]
    for failure in (item for item in items if isinstance(item, Failure)):
        reading.note(f"{failure.place}: {failure.reason}")
    mapping = guess_mapping(columns, records, reading.task)
    return Preview(columns, shown, mapping, reading.encoding, reading.delimiter, form.name, told(reading.notes))


def _cell(value: Json) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def told(notes: Counter[str]) -> list[str]:
    """Each note once, with how often it happened where that was more than once."""
    return [note if count == 1 else f"{count} times: {note}" for note, count in notes.items()]


def _reading(data: Data, task: str | Task | None, name: str | None, options: Options, max_bytes: int | None) -> Reading:
    found = load_task(task) if isinstance(task, str) else task
    return Reading(open_source(data, name, max_bytes=max_bytes), options, found)


def _documents(reading: Reading, mapping: Columns | None) -> Iterator[Document | Failure]:
    form = format_of(reading.source)
    if form is not ARCHIVE:
        yield from _of_file(reading, mapping)
        return
    for source in archive.members(reading):
        if isinstance(source, Failure):
            yield source
            continue
        child = reading.child(source)
        try:
            yield from _of_file(child, mapping)
        except BadInput as error:
            yield child.failure("", str(error).removeprefix(f"{source.name}: "))
        reading.mapping, reading.encoding, reading.delimiter = child.mapping, child.encoding, child.delimiter


def _of_file(reading: Reading, mapping: Columns | None) -> Iterator[Document | Failure]:
    form = format_of(reading.source)
    if form.read is None:
        raise BadInput("an archive in an archive is not opened", where=reading.source.name)
    read = form.read
    items = _safely(read(reading), reading)
    first = list(islice(items, _PEEKED))
    records = [item for item in first if isinstance(item, Record)]
    columns = _columns(records)
    reading.mapping = guess_mapping(columns, records, reading.task)
    if mapping is not None and columns:
        reading.mapping = checked_mapping(mapping, columns, reading.mapping)
    verdict: list[Unit | None] = []

    def find_unit() -> Unit | None:
        if not verdict:
            again = reading.again()
            verdict.append(_unit_of_file(read(again), again))
        return verdict[0]

    reading.find_unit = find_unit
    for item in chain(first, items):
        yield item if isinstance(item, Failure) else to_document(item, reading)


def _columns(records: list[Record]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(column for record in records for column in record.values))


def _safely(items: Iterator[Record | Failure], reading: Reading) -> Iterator[Record | Failure]:
    """The same, where bytes that cannot be decoded at all end the file with a failure."""
    try:
        yield from items
    except (UnicodeDecodeError, UnicodeError) as error:
        reason = f"from here on the file is not {reading.encoding}; choose another encoding or save it as UTF-8"
        yield reading.failure(f"at byte {getattr(error, 'start', 0)}", reason)


def _unit_of_file(items: Iterator[Record | Failure], reading: Reading) -> Unit | None:
    """What the offsets of a file count, from all documents that can tell; None when some prove one, some the other."""
    proofs: Counter[str] = Counter()
    hints: Counter[str] = Counter()
    for item in _safely(items, reading):
        if isinstance(item, Failure):
            continue
        text = item.values.get(reading.mapping.text or "")
        try:
            spans = parse_spans(item.values.get(reading.mapping.spans or ""), reading)
        except BadInput:
            continue
        if isinstance(text, str) and matters(text, spans):
            verdict = judge(text, spans)
            (proofs if verdict.is_proof else hints)[verdict.unit or ""] += 1
    return _settled(proofs, hints)


def _settled(proofs: Counter[str], hints: Counter[str]) -> Unit | None:
    if proofs["UTF-16 units"] and proofs["code points"]:
        return None
    if proofs["UTF-16 units"]:
        return "UTF-16 units"
    if not proofs["code points"] and hints["UTF-16 units"] and not hints["code points"]:
        return "UTF-16 units"
    return "code points"
