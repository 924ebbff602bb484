"""People's marks of reasons as records have them, under "reasons":

{"start": 0, "end": 4, "label": "feature", "evidence": true, "span": [7, 9]}

Older files have them as "rationales" among the rest, for whatever is decided about the document. What stands there and
is no list of such objects is ordinary information about the document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tokapp.documents import Document, Json, Reason
from tokapp.errors import BadSpan
from tokapp.formats.reading import Reading
from tokapp.formats.spans import check_ranges, in_code_points, offset
from tokapp.formats.units import RawSpan

REASONS = "reasons"
RATIONALES = "rationales"


@dataclass(frozen=True, slots=True)
class RawReason:
    """A mark as a file has it; offsets are in whatever the file counts."""

    words: RawSpan
    span: RawSpan | None
    is_evidence: bool


def reason_records(document: Document, *, quoted: bool) -> list[dict[str, Any]]:
    """The marks of a document as records, with the text that they cover where offsets alone could be misread."""
    return [_record(one, document.text if quoted else None) for one in document.reasons]


def _record(reason: Reason, text: str | None) -> dict[str, Any]:
    record: dict[str, Any] = {"start": reason.start, "end": reason.end}
    if reason.label:
        record["label"] = reason.label
    record["evidence"] = reason.is_evidence
    if reason.span is not None:
        record["span"] = list(reason.span)
    return record if text is None else {**record, "text": text[reason.start : reason.end]}


def loses_reasons(document: Document) -> Iterator[tuple[str, str]]:
    """The loss of a format that has no place for reasons: one line per document."""
    if document.reasons:
        yield "what people marked as reasons is not written", document.id


def take_reasons(values: Mapping[str, Json], *keys: str) -> tuple[dict[str, Json], list[RawReason]]:
    """The rest of an object, and the marks under its keys; raises BadSpan on what is meant as a mark and is none."""
    marks = {key: _listed(values[key]) for key in keys if key in values and _are_marks(values[key])}
    rest = {key: value for key, value in values.items() if key not in marks}
    return rest, [_raw(mark) for some in marks.values() for mark in some]


def _are_marks(value: Json) -> bool:
    marks = _listed(value)
    return bool(marks) and all(isinstance(one, Mapping) and {"start", "end"} <= one.keys() for one in marks)


def _listed(value: Json) -> list[Any]:
    """A list of marks; one alone may stand for a list of one."""
    return value if isinstance(value, list) else [value]


def _raw(mark: Mapping[str, Json]) -> RawReason:
    label, quote, span, evidence = (mark.get(key) for key in ("label", "text", "span", "evidence"))
    if not isinstance(label, str | None) or not isinstance(evidence, bool | None):
        raise BadSpan('a reason is written {"start": 0, "end": 4, "label": "...", "evidence": true}')
    covered = quote if isinstance(quote, str) else None
    words = RawSpan(offset(mark["start"]), offset(mark["end"]), label or "", quote=covered)
    return RawReason(words, None if span is None else _anchor(span, label or ""), evidence is not False)


def _anchor(span: Json, label: str) -> RawSpan:
    if not isinstance(span, Sequence) or isinstance(span, str) or len(span) != 2:
        raise BadSpan("the span of a reason is written [start, end]")
    return RawSpan(offset(span[0]), offset(span[1]), label)


def place_reasons(text: str, reasons: Sequence[RawReason], spans: Sequence[RawSpan], reading: Reading) -> list[Reason]:
    """The marks in code points of a text, without repetitions, read in the unit in which its spans are."""
    if not reasons:
        return []
    anchors = [one.span for one in reasons if one.span is not None]
    mine = [*(one.words for one in reasons), *anchors]
    check_ranges(mine)
    placed = in_code_points(text, [*mine, *spans], reading)
    spots = iter(placed[len(reasons) :])
    found = {
        Reason(words.start, words.end, words.label, one.is_evidence, None if one.span is None else _pair(next(spots)))
        for one, words in zip(reasons, placed[: len(reasons)], strict=True)
    }
    return sorted(found, key=lambda one: one.order)


def _pair(span: RawSpan) -> tuple[int, int]:
    return span.start, span.end
