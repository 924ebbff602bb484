"""Parquet, read batch by batch with pyarrow."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Iterator, Mapping
from typing import Any

from tokapp.documents import Json
from tokapp.errors import BadInput
from tokapp.formats.reading import Format, Reading
from tokapp.formats.values import Failure, Record

_BATCH = 500
_BUFFER = 2**20
"""Bytes of a column that are read at a time: without it all of a row group is held, which may be the whole file."""


def read(reading: Reading) -> Iterator[Record | Failure]:
    """One record per row; raises BadInput when the file is damaged."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    name, number = reading.source.name, 0
    try:
        with reading.source.open() as stream, pq.ParquetFile(stream, buffer_size=_BUFFER) as file:
            for batch in file.iter_batches(batch_size=_BATCH):
                for values in batch.to_pylist():
                    number += 1
                    yield _record(values, number, reading)
    except (pa.ArrowException, OSError) as error:
        raise BadInput(f"no readable Parquet after row {number}; write the file again ({error})", where=name) from error
    except UnicodeDecodeError as error:
        raise BadInput(f"a text after row {number} is not UTF-8; write the file again", where=name) from error


def _record(values: Mapping[str, Any], number: int, reading: Reading) -> Record | Failure:
    place = f"row {number}"
    try:
        return Record(place, number, {str(key): plain(value) for key, value in values.items()})
    except TypeError as error:
        return reading.failure(place, str(error), repr(values))


def plain(value: Any) -> Json:
    """A table's value as JSON has it; raises TypeError for bytes."""
    if value is None or isinstance(value, (str, int, float, bool)):
        return None if isinstance(value, float) and value != value else value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, (decimal.Decimal, datetime.timedelta)):
        return str(value)
    raise TypeError(f"a value is {type(value).__name__}, which is no text; convert the column")


FORMAT = Format("parquet", "Parquet", (".parquet", ".pq"), read, kinds=("parquet",))
