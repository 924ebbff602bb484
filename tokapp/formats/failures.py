"""A list of what did not go in, kept in a file while an import runs: one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import TextIO

from tokapp.formats.values import Failure


def write_failure(failure: Failure, stream: TextIO) -> None:
    """Add a failure; half characters are kept as escapes."""
    stream.write(json.dumps(asdict(failure)) + "\n")


def read_failures(file: Path, *, limit: int | None = None) -> Iterator[Failure]:
    """The first failures of a list; none where there is no such file. A line that was cut off ends the list."""
    if not file.is_file():
        return
    with file.open(encoding="utf-8") as stream:
        for line in islice(stream, limit):
            try:
                yield Failure(**json.loads(line))
            except ValueError:
                return


def keep_failures(file: Path, count: int) -> None:
    """Cut a list down to its first failures."""
    kept = list(read_failures(file, limit=count))
    with file.open("w", encoding="utf-8") as stream:
        for failure in kept:
            write_failure(failure, stream)
