"""From a record of a file to a document, and from a document to the JSON record that tokapp writes everywhere."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tokapp.documents import Document, Json, Span
from tokapp.errors import BadInput
from tokapp.formats.reading import Reading
from tokapp.formats.spans import parse_spans, place_spans
from tokapp.formats.values import Failure, Record

_RAW_SHOWN = 2**20


def document_to_record(document: Document) -> dict[str, Any]:
    """The JSONL record of a document: offsets in code points, end exclusive; who marked a span stays in the store."""
    record: dict[str, Any] = {"id": document.id, "text": document.text, "spans": [_span(one) for one in document.spans]}
    if document.contexts:
        record["context"] = _one_or_many(document.contexts)
    if document.question is not None:
        record["question"] = document.question
    if document.label is not None:
        record["label"] = document.label
    if document.is_reviewed:
        record["status"] = "labelled"
    return {**record, "meta": dict(document.meta)}


def _span(span: Span) -> dict[str, Any]:
    written: dict[str, Any] = {"start": span.start, "end": span.end, "label": span.label}
    return written if span.score is None else {**written, "score": span.score}


def _one_or_many(contexts: Sequence[str]) -> str | list[str]:
    return contexts[0] if len(contexts) == 1 and contexts[0] else list(contexts)


def to_document(record: Record, reading: Reading) -> Document | Failure:
    """The document of a record, or why there is none."""
    try:
        return _document(record, reading)
    except (BadInput, ValueError) as error:
        return reading.failure(record.place, str(error), _raw(record))


def _raw(record: Record) -> str:
    raw = record.raw or json.dumps(record.values, ensure_ascii=True, default=str)
    return raw.encode("utf-8", "backslashreplace").decode("utf-8")[:_RAW_SHOWN]


def _document(record: Record, reading: Reading) -> Document:
    values, mapping = record.values, reading.mapping
    text = _text(values, reading)
    spans = parse_spans(values.get(mapping.spans or ""), reading)
    placed = place_spans(text, spans, reading)
    label = _short(values.get(mapping.label or ""), "label")
    document = Document(
        id="",
        text=text,
        task=reading.task.name if reading.task else "",
        spans=tuple(sorted(placed)),
        label=label,
        question=_question(values.get(mapping.question or "")),
        contexts=_contexts(values.get(mapping.context or "")),
        meta=_meta(values, reading),
        is_reviewed=_is_reviewed(values, bool(placed), label, reading),
    )
    if reading.task is not None:
        reading.task.check(document)
    _refuse_half_characters(document, _short(values.get(mapping.id or ""), "id"))
    return _with_id(document, record, reading)


def _text(values: Mapping[str, Json], reading: Reading) -> str:
    column = reading.mapping.text
    if column is None:
        raise BadInput(f"no column holds the text; there are: {', '.join(values) or 'none'}; choose one")
    value = values.get(column)
    if value is None:
        raise BadInput(f"there is no text ({column!r} is missing)")
    if not isinstance(value, str):
        raise BadInput(f"{column!r} is no text but {_kind(value)}")
    if not value.strip():
        raise BadInput(f"the text is empty ({column!r} holds {'only white space' if value else 'nothing'})")
    if "\x00" in value:
        reading.note("the text holds NUL characters; they were kept")
    return value


def _kind(value: Json) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    return "a list" if isinstance(value, list) else "an object"


def _short(value: Json, what: str) -> str | None:
    """An id or label: text as it is, a number as people write it; nothing is None."""
    if value is None or value == "":
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        return str(value)
    raise BadInput(f"the {what} is {_kind(value)}, not a text")


def _question(value: Json) -> str | None:
    if value is None or isinstance(value, str):
        return value or None
    raise BadInput(f"the question is {_kind(value)}, not a text")


def _contexts(value: Json) -> tuple[str, ...]:
    if isinstance(value, str) and value.startswith("["):
        value = _parsed_list(value) or value
    if value is None or value == "":
        return ()
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(str(one) for one in value)
    raise BadInput(f"the context is {_kind(value)}; it should be a text or a list of texts")


def _parsed_list(cell: str) -> list[str] | None:
    """The texts of a table's cell that holds a JSON list of texts."""
    try:
        parsed = json.loads(cell)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, list) and all(isinstance(one, str) for one in parsed) else None


def _meta(values: Mapping[str, Json], reading: Reading) -> dict[str, Json]:
    mapping = reading.mapping
    used = {*mapping.used, "meta"}
    kept = mapping.meta if mapping.meta is not None else tuple(column for column in values if column not in used)
    rest = {column: values[column] for column in kept if column in values and values[column] not in (None, "")}
    meta: dict[str, Json] = {**rest, **_meta_object(values.get("meta"))}
    group = _short(values.get(mapping.group or ""), "group")
    return {**meta, "group": group} if group is not None else meta


def _meta_object(value: Json) -> Mapping[str, Json]:
    if isinstance(value, str) and value.startswith("{"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {"meta": value}
    if isinstance(value, dict):
        return value
    return {"meta": value} if value not in (None, "") else {}


def _is_reviewed(values: Mapping[str, Json], has_spans: bool, label: str | None, reading: Reading) -> bool:
    status = values.get(reading.mapping.status or "")
    if status == "skipped":
        reading.note("was skipped by a person; it counts as not labelled")
        return False
    if status == "labelled" or has_spans:
        return True
    if reading.options.all_reviewed:
        return label is not None or reading.mapping.spans in values
    return label is not None and reading.task is not None and not reading.task.span_names


def _refuse_half_characters(document: Document, identity: str | None) -> None:
    """Raise BadInput for lone surrogates, which no database, file or screen can hold."""
    meta = json.dumps(document.meta, ensure_ascii=False, default=str)
    parts = (document.text, identity or "", document.question or "", document.label or "", *document.contexts, meta)
    for part in parts:
        try:
            part.encode("utf-8")
        except UnicodeEncodeError as error:
            if "\udc80" <= part[error.start] <= "\udcff" and part[max(error.start - 1, 0)] < "\ud800":
                byte = ord(part[error.start]) - 0xDC00
                reason = f"character {error.start + 1} is a byte (0x{byte:02x}) that does not fit the file's encoding"
                raise BadInput(f"{reason}; save the file as UTF-8 or choose another encoding") from None
            half = f"U+{ord(part[error.start]):04X}"
            raise BadInput(
                f"character {error.start + 1} is half of a pair ({half}); write the whole character"
            ) from None


def _with_id(document: Document, record: Record, reading: Reading) -> Document:
    """The document with its own id, or one made of file and row; a repeated id gets #2, #3 and so on."""
    identity = _short(record.values.get(reading.mapping.id or ""), "id")
    if identity is None:
        identity = f"{reading.source.stem}-{record.number}"
    unique = identity
    while (times := reading.ids.get(unique, 0)) or unique in reading.ids:
        reading.ids[unique] = times + 1
        unique = f"{identity}#{times + 1}"
    if unique != identity:
        reading.note("has an id that came before; a number was added to it")
    reading.ids[unique] = 1
    return Document(
        unique,
        document.text,
        document.task,
        document.spans,
        document.label,
        document.question,
        document.contexts,
        document.meta,
        document.is_reviewed,
    )
