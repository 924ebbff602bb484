"""How many documents a file holds, counted without making them, to say how long something will take."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import BinaryIO

from tokapp.errors import BadInput
from tokapp.formats.delimited import guess_delimiter
from tokapp.formats.registry import format_of
from tokapp.formats.source import Data, Source, is_wide, open_source

_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


def count_documents(data: Data, name: str | None = None) -> int | None:
    """About how many documents and failures a file gives; None where only reading all of it would tell.

    Raises BadInput when the file is missing, empty, or not what its name says.
    """
    source = open_source(data, name)
    count = _COUNTERS.get(format_of(source).name)
    if count is None or _is_wide(source.head()):
        return None
    with source.open() as stream:
        return count(stream, source)


def _is_wide(head: bytes) -> bool:
    return head.startswith(_WIDE_MARKS) or is_wide(head) is not None


def _lines(stream: BinaryIO, _source: Source) -> int:
    return sum(not line.isspace() for line in stream)


def _rows(stream: BinaryIO, source: Source) -> int | None:
    """Every encoding that gets here has ASCII's delimiters and quotes, so that Latin-1 splits the same rows."""
    head = source.head(2**16).decode("latin-1")
    text = io.TextIOWrapper(stream, encoding="latin-1", newline="")
    try:
        rows = csv.reader(text, delimiter=guess_delimiter(head, source.name))
        return max(sum(1 for row in rows if row) - 1, 0)  # the first row names the columns
    except csv.Error:
        return None


def _parquet_rows(stream: BinaryIO, source: Source) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(stream) as file:
            return int(file.metadata.num_rows)
    except (pa.ArrowException, OSError) as error:
        raise BadInput(f"no readable Parquet; write the file again ({error})", where=source.name) from error


_COUNTERS: dict[str, Callable[[BinaryIO, Source], int | None]] = {
    "jsonl": _lines,
    "csv": _rows,
    "tsv": _rows,
    "parquet": _parquet_rows,
}
