"""Plain text: one document per file, or one per line when that is asked for."""

from __future__ import annotations

from collections.abc import Iterator

from tokapp.errors import BadInput
from tokapp.formats.reading import Format, Reading
from tokapp.formats.source import size_text
from tokapp.formats.values import Failure, Record

_LONGEST = 64 * 2**20


def read(reading: Reading) -> Iterator[Record | Failure]:
    """The file as it is; by lines, each without its line end, and blank lines are left out."""
    if reading.options.lines:
        yield from _by_line(reading)
        return
    with reading.open_text("") as stream:
        text = stream.read(_LONGEST)
    if len(text) >= _LONGEST:
        advice = "read it line by line or cut it up"
        raise BadInput(f"one document of over {size_text(_LONGEST)} is too long; {advice}", where=reading.source.name)
    yield Record("", 1, {"id": reading.source.plain_name, "text": text}, text)


def _by_line(reading: Reading) -> Iterator[Record | Failure]:
    with reading.open_text("\n") as stream:
        number = 0
        for line_number, line in enumerate(stream, 1):
            text = line.removesuffix("\n").removesuffix("\r")
            if text.strip():
                number += 1
                yield Record(f"line {line_number}", number, {"text": text}, line)


FORMAT = Format("txt", "Text", (".txt", ".text", ".md"), read)
