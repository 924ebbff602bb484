"""What a model says about documents, as files: JSONL, one record a line, and the same as Parquet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokapp.documents import Document, Prediction, Span
from tokapp.formats.conversion import document_to_record
from tokapp.tasks import Task

if TYPE_CHECKING:
    import pyarrow as pa

PARQUET = (".parquet", ".pq")
JSONL = (".jsonl", ".ndjson", ".jl")
_ROWS = 2**14
_CHARACTERS = 2**25
"""What a row group of a Parquet file holds at most; it is held in memory until it is written."""


def prediction_record(document: Document, prediction: Prediction) -> dict[str, Any]:
    """The JSONL record of a document with a model's spans in place of people's."""
    record = document_to_record(document)
    record["spans"] = [_span_record(span) for span in prediction.spans]
    record.pop("status", None)
    record.pop("reasons", None)
    if prediction.document_scores:
        record["label"] = prediction.label
        record["label_scores"] = {name: round(float(value), 6) for name, value in prediction.document_scores.items()}
    return {**record, "model": prediction.model}


def _span_record(span: Span) -> dict[str, Any]:
    score = round(float(span.score or 0), 6)
    record = {"start": span.start, "end": span.end, "label": span.label, "score": score}
    return record if span.agreement is None else {**record, "agreement": round(float(span.agreement), 6)}


def write_parquet(lines: Path, target: Path, task: Task) -> None:
    """The records of a JSONL file of predictions as Parquet, row group by row group; reading it gives the same."""
    import pyarrow.parquet as pq

    schema = _schema(task, is_voted=_is_voted(lines))
    with pq.ParquetWriter(target, schema, compression="zstd") as writer, lines.open("rb") as stream:
        for table in _row_groups(stream, schema):
            writer.write_table(table)


def _row_groups(stream: Iterable[bytes], schema: pa.Schema) -> Iterator[pa.Table]:
    import pyarrow as pa

    rows: list[dict[str, Any]] = []
    characters = 0
    for line in stream:
        characters += len(line)
        rows.append(_row(json.loads(line)))
        if len(rows) == _ROWS or characters > _CHARACTERS:
            yield pa.Table.from_pylist(rows, schema)
            rows, characters = [], 0
    yield pa.Table.from_pylist(rows, schema)


def _is_voted(lines: Path) -> bool:
    """Whether some span has an agreement; within a text the quotes of such a key are escaped."""
    with lines.open("rb") as stream:
        return any(b'"agreement": ' in line for line in stream)


def _schema(task: Task, *, is_voted: bool) -> pa.Schema:
    import pyarrow as pa

    shares = {name: pa.float64() for name in ("score", "agreement")[: 1 + is_voted]}
    span = pa.struct({"start": pa.int32(), "end": pa.int32(), "label": pa.string(), **shares})
    columns = {
        "id": pa.string(),
        "text": pa.string(),
        "spans": pa.list_(span),
        "label": pa.string(),
        "question": pa.string(),
        "context": pa.list_(pa.string()),
        "model": pa.string(),
        "meta": pa.string(),
    }
    if task.document_names:
        columns["label_scores"] = pa.struct(dict.fromkeys(task.document_names, pa.float64()))
    return pa.schema(columns)


def _row(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record with what JSON leaves open settled: several contexts or one, and meta of any shape."""
    context = record.get("context")
    return {
        **record,
        "context": [context] if isinstance(context, str) else context,
        "meta": json.dumps(record["meta"], ensure_ascii=False) if record.get("meta") else None,
    }
