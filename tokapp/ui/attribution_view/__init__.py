"""The text of a document with every word coloured by how much it speaks for or against one decision."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import streamlit as st

from tokapp.documents import Attribution, Json, Target

_HTML = '<div class="view"></div>\n'
_mount = st.components.v2.component(
    "tokapp.attribution_view", html=_HTML, css="attribution_view.css", js="attribution_view.js"
)
_CLEAR = 2.0
"""How many standard errors away from zero a value must be to count as told from zero."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text with its Shapley value; `place` is its position in reading order."""

    place: int
    start: int
    end: int
    text: str
    value: float
    error: float
    is_clear: bool


def words_of(attribution: Attribution) -> list[Word]:
    """The words of an explanation in reading order."""
    rows = zip(attribution.words, attribution.texts, attribution.values, attribution.errors, strict=True)
    return [
        Word(place, start, end, text, value, error, is_clear=abs(value) > _CLEAR * error and value != 0)
        for place, ((start, end), text, value, error) in enumerate(rows)
    ]


def pieces_of(text: str, words: Sequence[Word], target: Target, *, threshold: float) -> list[dict[str, Json]]:
    """The text cut into pieces in reading order: words with strength (-1 to 1), gaps without.

    Words weaker than `threshold` (a share of the strongest) or not told from zero have strength 0. A piece says
    whether it lies in the target's span. Joined, the pieces are the text.
    """
    strongest = max((abs(word.value) for word in words), default=0.0) or 1.0
    pieces: list[dict[str, Json]] = []
    position = 0
    for word in words:
        if word.start > position:
            pieces += _plain_pieces(text, position, word.start, target)
        strength = word.value / strongest
        is_hidden = abs(strength) < threshold or not word.is_clear
        pieces.append(
            {
                "text": text[word.start : word.end],
                "strength": 0.0 if is_hidden else strength,
                "note": f"{word.value:+.2f} ± {word.error:.2f}",
                "unclear": not word.is_clear,
                "inside": _is_inside(target, word.start, word.end),
            }
        )
        position = word.end
    return [*pieces, *_plain_pieces(text, position, len(text), target)]


def _plain_pieces(text: str, start: int, end: int, target: Target) -> list[dict[str, Json]]:
    """A stretch between words, cut where the target begins and ends."""
    cuts = sorted({start, end, *(cut for cut in (target.start, target.end) if start < cut < end)})
    return [{"text": text[left:right], "inside": _is_inside(target, left, right)} for left, right in pairwise(cuts)]


def _is_inside(target: Target, start: int, end: int) -> bool:
    return target.has_place and target.start <= start and end <= target.end


def attribution_view(text: str, words: Sequence[Word], target: Target, *, threshold: float, key: str) -> None:
    """Draw the text; what is shown is plain text whatever it contains."""
    data = {"pieces": pieces_of(text, words, target, threshold=threshold), "summary": _summary(words, target)}
    json.dumps(data)  # a value that is not plain would turn the whole payload into a string without an error
    _mount(key=key, data=data)


def _summary(words: Sequence[Word], target: Target) -> str:
    strongest = sorted((word for word in words if word.is_clear), key=lambda word: -abs(word.value))[:5]
    named = ", ".join(f"{word.text} {word.value:+.2f}" for word in strongest) or "no word stands out"
    return f"Words coloured by how much they speak for {target.label}: {named}"
