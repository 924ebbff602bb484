"""What the offsets of a file count: code points, as ours do, or the UTF-16 units of browsers, or UTF-8 bytes.

Only texts with characters beyond the first 65,536 (emoji) or, for bytes, beyond ASCII can tell the units apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Literal, TypeAlias

from tokapp.words import split_words

Unit: TypeAlias = Literal["code points", "UTF-16 units", "UTF-8 bytes"]
_WIDE = re.compile(r"[\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class RawSpan:
    """A span as a file has it; `quote` is the text that it says it covers."""

    start: int
    end: int
    label: str
    score: float | None = None
    quote: str | None = None
    group: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which unit one document speaks for; `is_proof` when quotes or the length of the text leave no doubt."""

    unit: Unit | None
    is_proof: bool


def has_wide(text: str) -> bool:
    """Whether a text has characters that are two UTF-16 units."""
    return _WIDE.search(text) is not None


def matters(text: str, spans: Sequence[RawSpan]) -> bool:
    """Whether code points and UTF-16 units put some span at different places."""
    first = _WIDE.search(text)
    return first is not None and any(span.end > first.start() for span in spans)


def convert(text: str, spans: Sequence[RawSpan], unit: Unit) -> list[RawSpan] | None:
    """The spans in code points, or None when one of them is outside of the text or inside a character."""
    if unit == "code points":
        return list(spans) if all(span.end <= len(text) for span in spans) else None
    places = _places(text, unit)
    converted = []
    for span in spans:
        start, end = places.get(span.start), places.get(span.end)
        if start is None or end is None:
            return None
        converted.append(replace(span, start=start, end=end))
    return converted


def _places(text: str, unit: Unit) -> dict[int, int]:
    def width(character: str) -> int:
        if unit == "UTF-16 units":
            return 2 if character > "\uffff" else 1
        return len(character.encode("utf-8", "surrogatepass"))

    return {place: index for index, place in enumerate(accumulate(map(width, text), initial=0))}


def judge(text: str, spans: Sequence[RawSpan]) -> Verdict:
    """What one document says about the unit: by its quotes, by its length, or by where words begin and end."""
    readings: dict[Unit, list[RawSpan] | None] = {
        unit: convert(text, spans, unit) for unit in ("code points", "UTF-16 units")
    }
    if any(span.quote is not None for span in spans):
        agreeing = [unit for unit, found in readings.items() if found is not None and quotes_agree(text, found)]
        if len(agreeing) == 1:
            return Verdict(agreeing[0], is_proof=True)
        if len(agreeing) == 2:
            return Verdict(None, is_proof=False)
    points, units = readings["code points"], readings["UTF-16 units"]
    if points is None or units is None:
        alone: Unit | None = "UTF-16 units" if units is not None else "code points" if points is not None else None
        return Verdict(alone, is_proof=alone is not None)
    return _judge_by_words(text, points, units)


def _judge_by_words(text: str, points: list[RawSpan], units: list[RawSpan]) -> Verdict:
    words = split_words(text)
    starts, ends = {start for start, _ in words}, {end for _, end in words}

    def fit(spans: list[RawSpan]) -> bool:
        return all(span.start in starts and span.end in ends for span in spans)

    fits = fit(points), fit(units)
    if fits == (True, False):
        return Verdict("code points", is_proof=False)
    return Verdict("UTF-16 units" if fits == (False, True) else None, is_proof=False)


def quotes_agree(text: str, spans: Sequence[RawSpan]) -> bool:
    """Whether every span that quotes its text covers it; runs of white space count as one, `\\n` as a line break."""
    return all(span.quote is None or _same(text[span.start : span.end], span.quote) for span in spans)


def _same(covered: str, quote: str) -> bool:
    if covered == quote:
        return True
    return covered.split() == quote.split() or covered.split() == quote.replace("\\n", "\n").split()
