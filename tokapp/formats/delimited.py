"""CSV and TSV: a table of documents, with spans as a JSON cell.

Reading goes through the csv module in strict mode, so that a broken quote fails its own row and not the rest of the
file. Writing puts an apostrophe before cells that a spreadsheet would run as a formula; reading a file with exactly
our header takes it off again, other files are left as they are.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import BinaryIO, TextIO

from tokapp.documents import Document
from tokapp.formats.conversion import document_to_record
from tokapp.formats.mapping import looks_like_header
from tokapp.formats.reading import Format, Reading
from tokapp.formats.reasons import loses_reasons
from tokapp.formats.values import Failure, Record

COLUMNS = ("id", "text", "label", "question", "context", "spans", "status", "meta")
_DELIMITERS = (",", "\t", ";", "|")
_LONGEST_CELL = 64 * 2**20
_LONGEST_LINE = 2 * _LONGEST_CELL
_RECOVERIES = 20
_SAMPLED_ROWS = 60
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")


class _Lines:
    """Physical lines that remembers those since the last row, so that a failing row can be shown as it came."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._again: list[str] = []
        self.taken: list[str] = []
        self.number = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.pop() if self._again else self._stream.readline(_LONGEST_LINE)
        if not line:
            raise StopIteration
        self.number += 1
        self.taken.append(line)
        return line

    def put_back(self) -> str:
        """Give all taken lines but the first once more; returns the first."""
        first, *rest = self.taken
        self._again.extend(reversed(rest))
        self.number -= len(rest)
        self.taken = []
        return first


def read(reading: Reading) -> Iterator[Record | Failure]:
    """Records of a table; the first row names the columns unless it does not look like names."""
    csv.field_size_limit(_LONGEST_CELL)
    with reading.open_text("") as stream:
        sample = stream.read(2**16)
    reading.delimiter = reading.options.delimiter or reading.delimiter or guess_delimiter(sample, reading.source.name)
    with reading.open_text("") as stream:
        yield from _records(_rows(_Lines(stream), reading), reading)


def guess_delimiter(sample: str, name: str) -> str:
    """The delimiter under which most rows have as many cells as the first, preferring many columns.

    A single column has none: then one that does not occur is taken, so that commas without quotes stay in the text.
    """
    if name.lower().endswith((".tsv", ".tsv.gz", ".tab")):
        return "\t"
    scores = {delimiter: _regularity(sample, delimiter) for delimiter in _DELIMITERS}
    best = max(scores, key=lambda delimiter: scores[delimiter])
    if scores[best] == (0.0, 0):
        return next((delimiter for delimiter in _DELIMITERS if delimiter not in sample), ",")
    return best


def _regularity(sample: str, delimiter: str) -> tuple[float, int]:
    """Share of the sampled rows (the last, which may be cut, aside) as wide as the first, and that width."""
    try:
        rows = list(islice(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter), _SAMPLED_ROWS))
    except csv.Error:
        return 0.0, 0
    widths = [len(row) for row in (rows[:-1] or rows) if row]
    if not widths or widths[0] < 2:
        return 0.0, 0
    return round(sum(width == widths[0] for width in widths) / len(widths), 1), widths[0]


def _rows(lines: _Lines, reading: Reading) -> Iterator[tuple[int, list[str], list[str]] | Failure]:
    """(first line, cells, physical lines) of every row; a broken quote costs its own line only."""
    recoveries = 0
    rows = csv.reader(lines, delimiter=reading.delimiter, strict=True)
    while True:
        start = lines.number + 1
        lines.taken = []
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield _broken(error, start, lines, reading, recover=recoveries < _RECOVERIES)
            recoveries += 1
            rows = csv.reader(lines, delimiter=reading.delimiter, strict=True)
        else:
            yield start, cells, lines.taken


def _broken(error: csv.Error, start: int, lines: _Lines, reading: Reading, *, recover: bool) -> Failure:
    if recover:
        raw, place = lines.put_back(), f"line {start}"
    else:
        raw, place = "".join(lines.taken), f"lines {start} to {lines.number}"
    if "field larger" in str(error):
        reason = f"a cell has more than {_LONGEST_CELL // 2**20} MB of characters; cut it into several rows"
    elif "end of data" in str(error):
        reason = "a quote is opened and never closed; double it or close it"
    else:
        reason = 'characters follow a closing quote; write a quote inside a quoted cell twice ("")'
    return reading.failure(place, reason, raw)


def _records(
    rows: Iterator[tuple[int, list[str], list[str]] | Failure], reading: Reading
) -> Iterator[Record | Failure]:
    header: tuple[str, ...] | None = None
    number = 0
    for row in rows:
        if isinstance(row, Failure):
            yield row
            continue
        line, cells, raw = row
        if not cells:
            continue
        if header is None:
            header, is_header = _header(cells, reading)
            if is_header:
                continue
        number += 1
        yield _record(header, cells, f"line {line}", number, raw, reading)


def _header(cells: list[str], reading: Reading) -> tuple[tuple[str, ...], bool]:
    is_header = looks_like_header(cells)
    if not is_header:
        reading.note("the first row holds no column names; columns are numbered")
        return tuple(f"column {number}" for number in range(1, len(cells) + 1)), False
    reading.is_ours = tuple(cells) == COLUMNS
    return distinct(cells), True


def distinct(cells: Sequence[str]) -> tuple[str, ...]:
    """Column names with a number behind empty and repeated ones."""
    names: list[str] = []
    for number, cell in enumerate(cells, 1):
        name = cell.strip() or f"column {number}"
        while name in names:
            name = f"{name} ({number})"
        names.append(name)
    return tuple(names)


def _record(
    header: tuple[str, ...], cells: list[str], place: str, number: int, raw: list[str], reading: Reading
) -> Record | Failure:
    if len(cells) > len(header):
        if any(cells[len(header) :]):
            reason = f"{len(cells)} cells under {len(header)} columns; put cells that hold the delimiter in quotes"
            return reading.failure(place, reason, "".join(raw))
        cells = cells[: len(header)]
    if reading.is_ours:
        cells = [unguarded(cell) for cell in cells]
    return Record(place, number, dict(zip(header, cells, strict=False)), "".join(raw))


def guarded(cell: str) -> str:
    """The cell with an apostrophe before it if a spreadsheet would take it for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """What `guarded` was given."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def write_rows(header: Sequence[str], rows: Iterable[Sequence[str]], stream: BinaryIO, *, delimiter: str = ",") -> None:
    """A guarded UTF-8 table."""
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(header)
    for row in rows:
        writer.writerow([guarded(cell) for cell in row])
    text.flush()
    text.detach()


def write_csv(documents: Iterable[Document], stream: BinaryIO) -> None:
    """Documents with the columns of `COLUMNS`."""
    write_rows(COLUMNS, (_cells(document) for document in documents), stream)


def write_tsv(documents: Iterable[Document], stream: BinaryIO) -> None:
    """The same with tabs between the cells."""
    write_rows(COLUMNS, (_cells(document) for document in documents), stream, delimiter="\t")


def _cells(document: Document) -> list[str]:
    record = document_to_record(document)
    spans = [
        {**span, "text": document.text[span["start"] : span["end"]]}  # lets a reader check the offsets
        for span in record["spans"]
    ]
    return [
        document.id,
        document.text,
        document.label or "",
        document.question or "",
        _context_cell(document.contexts),
        json.dumps(spans, ensure_ascii=False) if spans else "",
        "labelled" if document.is_reviewed else "",
        json.dumps(document.meta, ensure_ascii=False) if document.meta else "",
    ]


def _context_cell(contexts: tuple[str, ...]) -> str:
    if len(contexts) == 1 and contexts[0] and not contexts[0].startswith("["):
        return contexts[0]
    return json.dumps(contexts, ensure_ascii=False) if contexts else ""


def losses(document: Document) -> Iterator[tuple[str, str]]:
    """What a table does not tell apart: empty from missing; and what is written differently."""
    if document.question == "":
        yield "an empty question becomes no question", ""
    if document.label == "":
        yield "an empty label becomes no label", ""
    yield from loses_reasons(document)
    cells = (document.id, document.text, document.label or "", document.question or "", *document.contexts)
    if any(_FORMULA.match(cell) for cell in cells):
        yield "cells that begin like a formula get an apostrophe in front (reading the file back takes it off)", ""


CSV = Format("csv", "CSV", (".csv",), read, write_csv, losses)
TSV = Format("tsv", "TSV", (".tsv", ".tab"), read, write_tsv, losses)
