"""Words: the units that people mark, that predictions score and that explanations hide."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from itertools import chain, groupby

from tokapp.documents import Offset


def _marks() -> str:
    """Ranges of all combining marks (categories Mn, Mc, Me), which `re` has no class for."""
    codes = chain(range(0x300, 0x1F000), range(0xE0100, 0xE01F0))
    runs = groupby(codes, key=lambda code: unicodedata.category(chr(code))[0] == "M")
    found = [list(run) for is_mark, run in runs if is_mark]
    return "".join(f"{chr(run[0])}-{chr(run[-1])}" for run in found)


# Chinese, Japanese and Thai are written without blanks: there each character is a word of its own. Elsewhere a word
# is a run of letters, digits and joined apostrophes, with the marks that combine with it; all else stands alone,
# and an emoji keeps its joiners and modifiers.
_UNSPACED = r"\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_TAIL = f"[{_marks()}]*"
_LETTERS = rf"[^\W{_UNSPACED}]+{_TAIL}"
_EMOJI_TAIL = rf"(?:[\ufe0f\u20e3\U0001F3FB-\U0001F3FF]|\u200d[^\w\s])*{_TAIL}"
_WORD = re.compile(
    rf"{_LETTERS}(?:['’]?{_LETTERS})*"
    rf"|[{_UNSPACED}]{_TAIL}"
    r"|[\U0001F1E6-\U0001F1FF]{2}"
    rf"|[^\w\s]{_EMOJI_TAIL}"
)


def split_words(text: str) -> list[Offset]:
    """Words of a text in reading order; they never overlap and cover every character that is not white space."""
    return [match.span() for match in _WORD.finditer(text)]


def word_at(offsets: list[Offset], position: int) -> int | None:
    """Index of the word that holds the character at `position`, or None between words."""
    index = bisect_right(offsets, position, key=lambda offset: offset[0]) - 1
    return index if index >= 0 and position < offsets[index][1] else None


def find_pieces(text: str, piece: str, *, whole_words: bool = True, match_case: bool = False) -> list[Offset]:
    """Where a piece of text stands in a text, in reading order, without overlaps; `[]` for an empty piece.

    With `whole_words` a place counts only if it begins where a word begins and ends where one ends.
    """
    if not piece:
        return []
    found = [match.span() for match in re.finditer(re.escape(piece), text, 0 if match_case else re.IGNORECASE)]
    if not whole_words or not found:
        return found
    words = split_words(text)
    starts, ends = {start for start, _ in words}, {end for _, end in words}
    return [(start, end) for start, end in found if start in starts and end in ends]
