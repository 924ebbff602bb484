"""From a record of a file to a document, and from a document to the JSON record that tokapp writes everywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from tokapp.documents import Document, Json, Span
from tokapp.errors import BadInput
from tokapp.formats.reading import Reading
from tokapp.formats.reasons import RATIONALES, REASONS, place_reasons, reason_records, take_reasons
from tokapp.formats.spans import parse_spans, place_spans
from tokapp.formats.units import has_wide
from tokapp.formats.values import ColumnMapping, Failure, Record

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
    if document.reasons:
        record["reasons"] = reason_records(document, quoted=has_wide(document.text))
    return {**record, "meta": dict(document.meta)}


def _span(span: Span) -> dict[str, Any]:
    written: dict[str, Any] = {"start": span.start, "end": span.end, "label": span.label}
    if span.score is not None:
        written["score"] = span.score
    if span.group:
        written["group"] = span.group
    return written


def loses_groups(document: Document) -> Iterator[tuple[str, str]]:
    """The loss of a format that has no place for spans of several pieces: one line per piece."""
    for span in document.spans:
        if span.group:
            place = f"{document.id} [{span.start}, {span.end}) {span.label}, piece of {span.group}"
            yield "the pieces of one span become spans of their own", place


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
    mapping, (values, reasons) = reading.mapping, take_reasons(record.values, REASONS, RATIONALES)
    meta, older = take_reasons(_meta(values, reading), RATIONALES)
    text = _text(values, reading)
    spans = parse_spans(values.get(mapping.spans or ""), reading)
    placed = place_spans(text, spans, reading)
    label = _short(values.get(mapping.label or ""), "label")
    identity, times = _identity(record, reading)
    document = Document(
        id=identity if times == 1 else f"{identity}#{times}",
        text=text,
        task=reading.task.name if reading.task else "",
        spans=tuple(sorted(placed)),
        label=label,
        question=_question(values.get(mapping.question or "")),
        contexts=_contexts(values.get(mapping.context or "")),
        meta=meta,
        is_reviewed=_is_reviewed(values, bool(placed), label, reading),
        reasons=tuple(place_reasons(text, [*reasons, *older], spans, reading)),
    )
    if reading.task is not None:
        reading.task.check(document)
    _refuse_half_characters(document)
    _remember(document.id, identity, times, reading)
    return document


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
    used = _used(mapping)
    kept = mapping.meta if mapping.meta is not None else values
    rest = {
        column: value
        for column in kept
        if (column not in used or mapping.meta is not None) and (value := values.get(column)) not in (None, "")
    }
    meta: dict[str, Json] = {**rest, **_meta_object(values.get("meta"))}
    group = _short(values.get(mapping.group or ""), "group")
    return {**meta, "group": group} if group is not None else meta


@lru_cache(maxsize=8)
def _used(mapping: ColumnMapping) -> frozenset[str]:
    return frozenset({*mapping.used, "meta"})


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
    if reading.options.all_reviewed and reading.mapping.status is None:
        return label is not None or reading.mapping.spans in values
    return label is not None and reading.task is not None and not reading.task.span_names


def _refuse_half_characters(document: Document) -> None:
    """Raise BadInput for lone surrogates, which no database, file or screen can hold."""
    parts = (document.text, document.id, document.question, document.label, *document.contexts, document.meta)
    for part in chain.from_iterable(map(_strings, parts)):
        try:
            part.encode("utf-8")
        except UnicodeEncodeError as error:
            raise BadInput(_half(part, error.start)) from None


def _strings(value: Json) -> Iterator[str]:
    """Every text in a JSON value, keys of objects too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from chain.from_iterable(map(_strings, chain(value, value.values())))
    elif isinstance(value, (list, tuple)):
        yield from chain.from_iterable(map(_strings, value))


def _half(text: str, place: int) -> str:
    """Why a surrogate stands at a place: a byte that could not be decoded, or half of a pair."""
    code = ord(text[place])
    if 0xDC80 <= code <= 0xDCFF:
        reason = f"character {place + 1} is a byte (0x{code - 0xDC00:02x}) that does not fit the file's encoding"
        return f"{reason}; save the file as UTF-8 or choose another encoding"
    return f"character {place + 1} is half of a pair (U+{code:04X}); write the whole character"


def _identity(record: Record, reading: Reading) -> tuple[str, int]:
    """The document's own id, or one made of file and row; and the how manyth it is (then #2, #3 is added)."""
    identity = _short(record.values.get(reading.mapping.id or ""), "id")
    if identity is None:
        identity = f"{reading.source.stem}-{record.number}"
    times = reading.ids.times(identity) + 1
    while times > 1 and reading.ids.times(f"{identity}#{times}"):
        times += 1
    return identity, times


def _remember(unique: str, identity: str, times: int, reading: Reading) -> None:
    reading.ids.give(identity, times)
    if times > 1:
        reading.ids.give(unique, 1)
        reading.note("has an id that came before; a number was added to it")
