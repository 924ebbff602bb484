"""Which column is what, guessed from names first and from the content of the first rows second."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace

from tokapp.documents import Json
from tokapp.errors import BadInput
from tokapp.formats.values import ColumnMapping, Record
from tokapp.tasks import Task

_ANSWER_NAMES = ("answer", "response", "output", "generation")
_NAMES: dict[str, tuple[str, ...]] = {
    "text": (
        "text", "review", "reviewtext", "content", "body", "message", "comment", "sentence", "tweet", "email", "mail",
        "document", "description", *_ANSWER_NAMES, "feedback", "snippet", "value",
    ),
    "id": ("id", "docid", "documentid", "reviewid", "dockey", "key", "uuid", "messageid", "recordid", "index"),
    "label": ("label", "documentlabel", "class", "category", "target"),
    "question": ("question", "query", "userquery", "prompt"),
    "context": ("context", "contexts", "passage", "passages", "knowledge", "retrievedcontexts"),
    "group": ("group", "groupid", "thread", "threadid", "conversation", "conversationid", "sourceid"),
    "spans": ("spans", "entities", "ents", "annotations"),
    "status": ("status",),
}  # fmt: skip
_KNOWN = frozenset(name for names in _NAMES.values() for name in names) | {"meta", "score", "rating", "date", "title"}


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.lower())


def looks_like_header(cells: Sequence[str]) -> bool:
    """Whether a first row holds names: a known one, or only short distinct words."""
    if any(_plain(cell) in _KNOWN for cell in cells):
        return True
    are_short = all(0 < len(cell.strip()) <= 40 and len(cell.split()) <= 4 for cell in cells)
    are_words = not any(re.fullmatch(r"[\d\s.,:/+-]+", cell) or re.search(r"[.!?]\s*$", cell) for cell in cells)
    return are_short and are_words and len(set(cells)) == len(cells)


def guess_mapping(columns: Sequence[str], records: Sequence[Record], task: Task | None) -> ColumnMapping:
    """The likeliest mapping; `text` stays None when no column holds any text."""
    by_name = {_plain(column): column for column in reversed(columns)}
    found = {field: _first(names, by_name) for field, names in _NAMES.items()}
    if task is not None and task.part == "answer":
        found["text"] = _first(_ANSWER_NAMES, by_name) or found["text"]
    if found["text"] is None:
        found["text"] = _longest_text(columns, records, taken={column for column in found.values() if column})
    if _holds_spans(found["label"], records) and found["spans"] is None:
        found["spans"], found["label"] = found["label"], None
    if not _is_label(found["label"], records, task):
        found["label"] = None
    if not _is_status(found["status"], records):
        found["status"] = None
    return _mapped(found)


def checked_mapping(
    mapping: ColumnMapping | Mapping[str, str | None], columns: Sequence[str], guessed: ColumnMapping
) -> ColumnMapping:
    """A mapping given by a person, without what this file does not have; raises BadInput on an unknown field.

    A `ColumnMapping` is taken as it is; of a dictionary, the fields that it does not name stay as they were guessed.
    """
    if not isinstance(mapping, ColumnMapping):
        mapping = _completed(mapping, guessed)
    missing = [name for name in mapping.used if name not in columns]
    if mapping.text in missing:
        raise BadInput(f"there is no column {mapping.text!r}; the file has: {', '.join(columns)}")
    gone: dict[str, None] = {name: None for name in _NAMES if getattr(mapping, name) in missing}
    return replace(mapping, **gone)


def _completed(chosen: Mapping[str, str | None], guessed: ColumnMapping) -> ColumnMapping:
    known = {field.name for field in fields(ColumnMapping)}
    if unknown := set(chosen) - known:
        raise BadInput(f"a column cannot be mapped to {', '.join(sorted(unknown))}; use {', '.join(sorted(known))}")
    rest = {name: getattr(guessed, name) for name in _NAMES if name not in chosen}
    free = {name: column for name, column in rest.items() if column not in chosen.values()}
    return _mapped({**free, **chosen})


def _mapped(columns: Mapping[str, str | None]) -> ColumnMapping:
    given = {field: column for field, column in columns.items() if field != "meta" and column}
    return replace(ColumnMapping(), **given)  # type: ignore[arg-type]  # meta, the one tuple, is not among them


def _first(names: Sequence[str], by_name: dict[str, str]) -> str | None:
    return next((by_name[name] for name in names if name in by_name), None)


def _longest_text(columns: Sequence[str], records: Sequence[Record], taken: set[str]) -> str | None:
    def mean_length(column: str) -> float:
        cells = [value for record in records if isinstance(value := record.values.get(column), str)]
        return sum(map(len, cells)) / len(cells) if cells else 0.0

    free = [column for column in columns if column not in taken]
    best = max(free, key=mean_length, default=None)
    return best if best is not None and mean_length(best) > 0 else None


def _holds_spans(column: str | None, records: Sequence[Record]) -> bool:
    """Lists, or cells of a table that hold a JSON list: spans under the name of a label."""
    return column is not None and any(_is_list(record.values.get(column)) for record in records)


def _is_list(value: Json) -> bool:
    if isinstance(value, list):
        return True
    if not isinstance(value, str) or not value.startswith("["):
        return False
    try:
        return isinstance(json.loads(value), list)
    except ValueError:
        return False


def _is_label(column: str | None, records: Sequence[Record], task: Task | None) -> bool:
    """A column called label always is one where the task has document labels; others only with names of the task."""
    if column is None or task is None:
        return column is not None
    if not task.document_names:
        return False
    seen = {str(record.values.get(column)) for record in records}
    return _plain(column) in ("label", "documentlabel") or bool(seen & set(task.document_names))


def _is_status(column: str | None, records: Sequence[Record]) -> bool:
    return column is not None and all(
        record.values.get(column) in (None, "", "labelled", "skipped") for record in records
    )
