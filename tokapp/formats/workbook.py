"""XLSX: the first sheet that holds anything, read row by row with openpyxl."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree.ElementTree import ParseError

from tokapp.documents import Json
from tokapp.errors import BadInput
from tokapp.formats.archive import check_members
from tokapp.formats.delimited import distinct
from tokapp.formats.mapping import looks_like_header
from tokapp.formats.parquet import plain
from tokapp.formats.reading import Format, Reading
from tokapp.formats.values import Failure, Record

_DAMAGED = (zipfile.BadZipFile, KeyError, ValueError, ParseError, EOFError, OSError)


def read(reading: Reading) -> Iterator[Record | Failure]:
    """One record per row that holds anything; raises BadInput when the workbook is damaged or unfolds too far."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    where = reading.source.name
    stream = reading.source.open()
    try:
        with zipfile.ZipFile(stream) as packed:
            check_members(packed.infolist(), where)
        book = load_workbook(stream, read_only=True, data_only=True)
    except (*_DAMAGED, InvalidFileException) as error:
        raise BadInput("no readable workbook; save it again as .xlsx or as CSV", where=where) from error
    try:
        yield from _rows(book, reading)
    except _DAMAGED as error:
        raise BadInput("the workbook is damaged; save it again as .xlsx or as CSV", where=where) from error
    finally:
        book.close()
        stream.close()


def _rows(book: Any, reading: Reading) -> Iterator[Record | Failure]:
    found = False
    for sheet in book.worksheets:
        if found:
            if any(any(cell is not None for cell in row) for row in _values(sheet, limit=50)):
                reading.note("more than one sheet holds rows; only the first was read")
            continue
        for record in _records(sheet, reading):
            found = True
            yield record


def _values(sheet: Any, limit: int | None = None) -> Iterator[Sequence[Any]]:
    sheet.reset_dimensions()
    yield from sheet.iter_rows(values_only=True, max_row=limit)


def _records(sheet: Any, reading: Reading) -> Iterator[Record | Failure]:
    header: tuple[str, ...] | None = None
    number = 0
    for row_number, row in enumerate(_values(sheet), 1):
        cells = [_cell(value) for value in row]
        if not any(cell not in (None, "") for cell in cells):
            continue
        if header is None:
            names = ["" if cell is None else str(cell) for cell in cells]
            if looks_like_header([name for name in names if name]):
                header = distinct(names)
                continue
            header = distinct([""] * len(names))
            reading.note("the first row holds no column names; columns are numbered")
        number += 1
        names_here = (*header, *(f"column {n}" for n in range(len(header) + 1, len(cells) + 1)))
        yield Record(f"row {row_number}", number, dict(zip(names_here, cells, strict=False)))


def _cell(value: Any) -> Json:
    """Text as people see it: numbers too, since in a sheet a text of digits is a number."""
    from openpyxl.utils.escape import unescape

    if isinstance(value, str):
        return unescape(value) if "_x" in value else value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    found = plain(value)
    return found if found is None or isinstance(found, str) else str(found)


FORMAT = Format("xlsx", "Excel workbook", (".xlsx", ".xlsm"), read, kinds=("zip",))
