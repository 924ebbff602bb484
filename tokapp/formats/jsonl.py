"""JSON lines: one record a line, the format that holds everything; also spaCy's documents, one a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import BinaryIO, TextIO

from tokapp.documents import Document, Json
from tokapp.formats import spacy_jsonl
from tokapp.formats.conversion import document_to_record
from tokapp.formats.reading import Format, Reading
from tokapp.formats.units import has_wide
from tokapp.formats.values import Failure, Record

_LONGEST_LINE = 64 * 2**20


def read(reading: Reading) -> Iterator[Record | Failure]:
    """One record per line that is not blank; a line that is no JSON object fails alone."""
    with reading.open_text("\n") as stream:
        number = 0
        for line_number, line in enumerate(_lines(stream), 1):
            if line is None:
                reason = f"the line is longer than {_LONGEST_LINE // 2**20} million characters; cut the document up"
                yield reading.failure(f"line {line_number}", reason)
            elif line.strip():
                number += 1
                yield parse(line, f"line {line_number}", number, reading)


def _lines(stream: TextIO) -> Iterator[str | None]:
    """Lines with their ends; None for one that is too long to hold."""
    while line := stream.readline(_LONGEST_LINE):
        if len(line) < _LONGEST_LINE or line.endswith("\n"):
            yield line
            continue
        while (rest := stream.readline(_LONGEST_LINE)) and not rest.endswith("\n"):
            pass
        yield None


def parse(line: str, place: str, number: int, reading: Reading) -> Record | Failure:
    """The record of one line."""
    try:
        value = json.loads(line, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        return reading.failure(place, f"no JSON: {error.msg} at character {error.colno}", line)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        return reading.failure(place, f"no JSON: {reason}", line)
    return to_record(value, place, number, reading, raw=line)


def to_record(value: Json, place: str, number: int, reading: Reading, *, raw: str = "") -> Record | Failure:
    """The record of a parsed object; a bare text is a document of its own."""
    if isinstance(value, str):
        return Record(place, number, {"text": value}, raw)
    if not isinstance(value, dict):
        return reading.failure(place, 'is no object; write {"id": ..., "text": ...}', raw or json.dumps(value))
    return Record(place, number, spacy_jsonl.native(value), raw)


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no JSON value; write null")


def write(documents: Iterable[Document], stream: BinaryIO) -> None:
    """One record a line, UTF-8, ended by \\n."""
    for document in documents:
        stream.write(_line(document).encode("utf-8"))


def _line(document: Document) -> str:
    record = document_to_record(document)
    if has_wide(document.text):  # only there readers can take code points for UTF-16 units; the quote settles it
        for span in record["spans"]:
            span["text"] = document.text[span["start"] : span["end"]]
    return json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n"


def losses(document: Document) -> Iterator[tuple[str, str]]:
    """Only what no text file tells apart."""
    if document.question == "":
        yield "an empty question becomes no question", ""
    if document.label == "":
        yield "an empty label becomes no label", ""


FORMAT = Format("jsonl", "JSONL", (".jsonl", ".ndjson", ".jl"), read, write, losses)
