"""Tokens of a text that is still growing: what is given out is what the whole text would have been cut into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from tokapp.documents import Offset
from tokapp.models.encoding import Encoder

_LONG = 2000
"""Characters without a safe boundary from which they are not cut anew with every piece, which would be quadratic."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token id and the text that it completes, which begins at code point `start` of the streamed text.

    Tokens that are `is_template` stand between the turns of a conversation; they are read, and not judged.
    """

    id: int
    start: int
    text: str
    is_template: bool = False


class TextSeam:
    """Cuts text piece by piece and keeps back what more text could still change.

    Tokenizers cut a text into pre-tokens first (words, most with the blank before them) and never join these. Released
    is what stands before a boundary of pre-tokens that further text cannot move: one between something visible and
    white space, or else one that has another pre-token behind it (in "don't" there is one before the apostrophe until
    the t comes), something visible, and no digits on both sides. A tokenizer without pre-tokens gives all at the end;
    one that puts a blank before every text is cut at white space only, and again with the words before in view.
    """

    def __init__(self, encoder: Encoder, start: int = 0) -> None:
        self._encoder, self._needs_blanks = encoder, _adds_to_beginnings(encoder)
        self._before = ""  # what is cut again although it has been released
        self._held, self._start, self._retry_at = "", start, 0

    def push(self, text: str) -> list[Token]:
        """Tokens that are settled now."""
        self._held += text
        if len(self._held) < self._retry_at:
            return []
        found = self._release(is_last=False)
        self._retry_at = len(self._held) * 5 // 4 if not found and len(self._held) > _LONG else 0
        return found

    def close(self) -> list[Token]:
        """The tokens that waited."""
        return self._release(is_last=True) if self._held else []

    def _release(self, *, is_last: bool) -> list[Token]:
        """Tokens of what is held, up to the last safe boundary or to the end."""
        text, known = self._before + self._held, len(self._before)
        cut = self._encoder.cut(text)
        bounds = _bounds(cut.offsets, cut.word_ids)
        begin = next((token for token, at in bounds if at >= known), len(cut.ids))
        if self._needs_blanks:
            bounds = [(token, at) for token, at in bounds if not at or _is_at_blank(text, at)]
        end, stop = (len(cut.ids), len(text)) if is_last else _last_safe(text, bounds, known)
        spans, shift = completed(cut.offsets), self._start - known
        tokens = [Token(cut.ids[i], spans[i][0] + shift, text[slice(*spans[i])]) for i in range(begin, end)]
        if end:
            last = max((at for _, at in bounds if text[at:stop].strip()), default=0)
            self._before = text[last:stop] if self._needs_blanks else ""
            self._held, self._start = text[stop:], shift + stop
        return tokens


def _adds_to_beginnings(encoder: Encoder) -> bool:
    """Whether a text's first word is cut in another way than the same word further on."""
    return [*encoder.cut("a").ids, *encoder.cut("!").ids] != encoder.cut("a!").ids


def _bounds(offsets: Sequence[Offset], pre_tokens: Sequence[int | None]) -> list[Offset]:
    """First token and place of every pre-token that begins a place of its own, and shares no character with others."""
    firsts = [place for place, (one, other) in enumerate(pairwise([None, *pre_tokens])) if one != other]
    ends = [0, *accumulate((end for _, end in offsets), max)]
    places = {offsets[token][0]: token for token in reversed(firsts) if offsets[token][0] >= ends[token]}
    return [(token, at) for at, token in reversed(places.items())]


def _last_safe(text: str, bounds: Sequence[Offset], known: int) -> Offset:
    """The last boundary behind `known` that stays where it is, as its token and its place; (0, 0) if there is none."""
    for number in range(len(bounds) - 1, -1, -1):
        token, at = bounds[number]
        if known < at < len(text) and _stays(text, at, is_last=number == len(bounds) - 1):
            return token, at
    return 0, 0


def _is_at_blank(text: str, at: int) -> bool:
    return any(character.isspace() for character in text[at - 1 : at + 1])


def _stays(text: str, at: int, *, is_last: bool) -> bool:
    left, right = text[at - 1], text[at]
    if right.isspace() and not left.isspace():
        return True
    return not is_last and bool(text[at:].strip()) and not (left.isdigit() and right.isdigit())


def completed(offsets: Sequence[Offset]) -> list[Offset]:
    """What each token shows of a text: nothing if it ends within a character, which is shown with its last token."""
    spans: list[Offset] = []
    begin, is_open = 0, False
    for place, (start, end) in enumerate(offsets):
        begin = begin if is_open else max(start, begin)
        is_open = place + 1 < len(offsets) and offsets[place + 1][0] < end
        spans.append((begin, begin if is_open else max(begin, end)))
        begin = spans[-1][1]
    return spans
