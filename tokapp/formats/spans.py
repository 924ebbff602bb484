"""Spans as files write them: objects, triples, groups; checked, and brought to code points."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from tokapp.documents import LONGEST_GROUP, Json, Span
from tokapp.errors import BadSpan
from tokapp.formats.reading import Reading
from tokapp.formats.units import RawSpan, Unit, convert, judge, matters, quotes_agree

_STARTS = ("start", "start_offset", "begin")
_ENDS = ("end", "end_offset")
_LABELS = ("label", "labels", "type")
_KEPT = frozenset((*_STARTS, *_ENDS, *_LABELS, "score", "agreement", "text", "quote", "kb_id", "id", "group"))
_CONVERTED = "its offsets count UTF-16 units (as browsers do); they were converted to characters"


def parse_spans(value: Json, reading: Reading) -> list[RawSpan]:
    """The spans of a record; raises BadSpan on what is no span."""
    if isinstance(value, str) and value:
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise BadSpan('the spans are no JSON list; write [{"start": 0, "end": 4, "label": "..."}]') from None
    if value is None or value == "":
        return []
    if isinstance(value, Mapping):
        value = [span for group in value.values() if isinstance(group, list) for span in group]
    if not isinstance(value, list):
        raise BadSpan("the spans are no list")
    return [_parse(span, reading) for span in value]


def _parse(span: Json, reading: Reading) -> RawSpan:
    if isinstance(span, Sequence) and not isinstance(span, str) and len(span) == 3:
        start, end, label = span
        return RawSpan(offset(start), offset(end), _name(label))
    if not isinstance(span, Mapping):
        raise BadSpan(f"a span is {json.dumps(span)[:80]}; write an object with start, end and label")
    for key in span.keys() - _KEPT:
        reading.note(f"span key {key!r} is not kept")
    quote = span.get("text", span.get("quote"))
    score = span.get("score")
    return RawSpan(
        offset(_any(span, _STARTS)),
        offset(_any(span, _ENDS)),
        _name(_any(span, _LABELS)),
        float(score) if isinstance(score, (int, float)) and not isinstance(score, bool) else None,
        quote if isinstance(quote, str) else None,
        _group(span.get("group")),
    )


def _group(value: Json) -> str:
    """The group that the pieces of one span share, a text or a number; "" if there is none."""
    if value is None:
        return ""
    if isinstance(value, (str, int)) and not isinstance(value, bool) and len(str(value)) <= LONGEST_GROUP:
        return str(value)
    raise BadSpan(
        f"a span's group is {json.dumps(value)[:60]}; it must be a text of at most {LONGEST_GROUP} characters"
    )


def _any(span: Mapping[str, Json], keys: Sequence[str]) -> Json:
    return next((span[key] for key in keys if key in span), None)


def offset(value: Json) -> int:
    """A place in a text as files write it; raises BadSpan for what is no whole number."""
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise BadSpan(f"a span's offset is {json.dumps(value)[:40]}; it must be a whole number")


def _name(value: Json) -> str:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str) and value:
        return value
    raise BadSpan(f"a span's label is {json.dumps(value)[:40]}; it must be a text")


def place_spans(text: str, spans: Sequence[RawSpan], reading: Reading) -> list[Span]:
    """The spans in code points of `text`, without repetitions; raises BadSpan when one does not fit."""
    if not spans:
        return []
    check_ranges(spans)
    placed = [_span(span, reading) for span in in_code_points(text, spans, reading)]
    once = {span.identity: span for span in placed}
    if len(once) < len(placed):
        reading.note("has the same span twice; it was taken once")
    return list(once.values())


def check_ranges(spans: Sequence[RawSpan]) -> None:
    """Raise BadSpan for the first that covers nothing."""
    for span in spans:
        if not 0 <= span.start < span.end:
            raise BadSpan(
                f"span [{span.start}, {span.end}) {span.label!r} is empty; start must be 0 or more, end larger"
            )


def _span(span: RawSpan, reading: Reading) -> Span:
    if span.group and reading.task is not None and not reading.task.discontinuous:
        reading.note("pieces of one span became spans of their own, since the task allows no spans of several pieces")
        return Span(span.start, span.end, span.label, span.score)
    return Span(span.start, span.end, span.label, span.score, group=span.group)


def in_code_points(text: str, spans: Sequence[RawSpan], reading: Reading) -> list[RawSpan]:
    """The same spans, in code points of a text; raises BadSpan when one does not fit into it."""
    if matters(text, spans):
        unit = _unit(text, spans, reading)
        if unit == "UTF-16 units":
            converted = convert(text, spans, unit)
            if converted is None:
                raise BadSpan(
                    "the file's offsets count UTF-16 units, but a span here ends inside a character or too late"
                )
            reading.note(_CONVERTED)
            return _quoted(text, converted)
    elif _counts_bytes(text, spans) and (converted := convert(text, spans, "UTF-8 bytes")) is not None:
        reading.note("its offsets count UTF-8 bytes; they were converted to characters")
        return converted
    for span in spans:
        if span.end > len(text):
            raise BadSpan(f"span [{span.start}, {span.end}) ends after the text, which has {len(text)} characters")
    return _quoted(text, list(spans))


def _quoted(text: str, spans: list[RawSpan]) -> list[RawSpan]:
    for span in spans:
        if not quotes_agree(text, [span]):
            found = text[span.start : span.end]
            raise BadSpan(f"span [{span.start}, {span.end}) says it covers {span.quote!r}, but there stands {found!r}")
    return spans


def _counts_bytes(text: str, spans: Sequence[RawSpan]) -> bool:
    """Only quotes can prove it."""
    if text.isascii() or all(span.quote is None for span in spans):
        return False
    fits = all(span.end <= len(text) for span in spans) and quotes_agree(text, spans)
    converted = None if fits else convert(text, spans, "UTF-8 bytes")
    return converted is not None and quotes_agree(text, converted)


def _unit(text: str, spans: Sequence[RawSpan], reading: Reading) -> Unit:
    """The unit of this document: what the file states, else its own proof, else what the rest of the file says."""
    if reading.unit is not None:
        return reading.unit
    own = judge(text, spans)
    if own.is_proof and own.unit is not None:
        return own.unit
    if reading.find_unit is None:
        return own.unit or "code points"
    agreed = reading.find_unit()
    if agreed is None:
        raise BadSpan(
            "cannot tell whether its offsets count characters or UTF-16 units (as browsers do): other documents of the "
            'file prove both; add the covered text to each span as "text"'
        )
    return agreed
