"""JSON: an array of records, an object that holds such a list, or a single record."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from tokapp.documents import Json
from tokapp.errors import BadInput
from tokapp.formats import jsonl
from tokapp.formats.reading import Format, Reading
from tokapp.formats.source import WHOLE_LIMIT, size_text
from tokapp.formats.values import Failure, Record

_LIST_NAMES = ("documents", "data", "records", "items", "examples", "rows", "results")
_SEPARATOR = re.compile(r"[\s,]*")


def read(reading: Reading) -> Iterator[Record | Failure]:
    """Records of the list; a file cut off in the middle gives those before the cut, JSON lines are taken as such."""
    text = _whole(reading)
    try:
        value = json.loads(text)
    except RecursionError:
        raise BadInput("the JSON is nested too deeply", where=reading.source.name) from None
    except ValueError as error:
        yield from _despite(error, text, reading)
        return
    for number, item in enumerate(_items(value, reading), 1):
        yield jsonl.to_record(item, f"item {number}", number, reading)


def _whole(reading: Reading) -> str:
    name = reading.source.name
    with reading.open_text("") as stream:
        text = stream.read(WHOLE_LIMIT)
    if len(text) >= WHOLE_LIMIT:
        raise BadInput(f"a JSON file over {size_text(WHOLE_LIMIT)} cannot be read; write one object a line", where=name)
    return text


def _items(value: Json, reading: Reading) -> Sequence[Json]:
    if isinstance(value, list):
        return value
    if isinstance(value, Mapping):
        lists = {key: item for key, item in value.items() if isinstance(item, list)}
        named = next((lists[name] for name in _LIST_NAMES if name in lists), None)
        if "text" in value or not lists:
            return [value]
        only = named if named is not None else max(lists.values(), key=len)
        reading.note("only one list of the object was read")
        return only
    raise BadInput("the JSON holds no list of documents", where=reading.source.name)


def _despite(error: ValueError, text: str, reading: Reading) -> Iterator[Record | Failure]:
    """What can be read of a file that is no JSON as a whole."""
    start = len(text) - len(text.lstrip())
    if text[start : start + 1] == "{" and "\n" in text[start:].strip():
        reading.note("holds one object a line; read as JSONL")
        yield from jsonl.read(reading)
    elif text[start : start + 1] == "[":
        yield from _until_broken(text, start + 1, reading)
    else:
        raise BadInput(f"no JSON ({_told(error)})", where=reading.source.name)


def _until_broken(text: str, position: int, reading: Reading) -> Iterator[Record | Failure]:
    decoder, number = json.JSONDecoder(), 0
    while (position := _after_separator(text, position)) < len(text) and text[position] != "]":
        number += 1
        try:
            item, end = decoder.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            place = f"line {text.count(chr(10), 0, position) + 1}, item {number}"
            reason = f"no JSON ({_told(error)}); nothing after it could be read"
            yield reading.failure(place, reason, text[position : position + 2**16])
            return
        yield jsonl.to_record(item, f"item {number}", number, reading)
        position = end
    if position >= len(text):
        yield reading.failure(f"after item {number}", "the file is cut off: the list is never closed")


def _after_separator(text: str, position: int) -> int:
    match = _SEPARATOR.match(text, position)
    return match.end() if match else position


def _told(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno}, character {error.colno}"
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)


FORMAT = Format("json", "JSON", (".json",), read)
