"""From people's marks of reasons to tokens: which ones a decision must not hang on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tokapp.documents import Document, Offset, Reason
from tokapp.models.encoding import Encoding

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Guard:
    """One decision of a row: `wrong` marks the tokens that are no evidence for it, both [tokens].

    `decided` marks the tokens at which it is made; none of them for the label of the whole document.
    """

    decided: Mask
    wrong: Mask

    @property
    def is_whole(self) -> bool:
        """Whether it is about the label of the whole document."""
        return not self.decided.any()


def guards_of(
    row: Encoding, document: Document, *, has_label: bool, has_words: bool, only_evidence: bool
) -> list[Guard]:
    """The decisions about a row of which some word was marked as no evidence.

    `has_label` says that the whole document's label is learnt at this row, `has_words` that word classes are. Reasons
    for the whole document guard its people's spans where only words are learnt.
    """
    found = []
    for span in dict.fromkeys(reason.span for reason in document.reasons):
        wrong = _wrong([one for one in document.reasons if one.span == span], row, only_evidence)
        is_whole = span is None and has_label
        anchors = [(one.start, one.end) for one in document.spans] if span is None else [span]
        decided = _tokens_at(row, [] if is_whole or not has_words else anchors)
        if wrong.any() and (is_whole or decided.any()):
            found.append(Guard(decided, wrong))
    return found


def _wrong(reasons: Sequence[Reason], row: Encoding, only_evidence: bool) -> Mask:
    """Tokens of words that are no evidence; what is evidence for another label of the decision is not among them."""
    right = _meets(row.words, ((one.start, one.end) for one in reasons if one.is_evidence))
    wrong = _meets(row.words, ((one.start, one.end) for one in reasons if not one.is_evidence))
    if only_evidence and right.any():
        wrong = ~right
    return np.concatenate([wrong & ~right, [False]])[row.word_of]


def _tokens_at(row: Encoding, spans: Iterable[Offset]) -> Mask:
    """The first tokens of the words of spans: where their classes are learnt."""
    at, firsts = np.zeros(len(row), np.bool_), row.word_index[_meets(row.words, spans)]
    at[firsts[firsts >= 0]] = True
    return at


def _meets(words: Sequence[Offset], ranges: Iterable[Offset]) -> Mask:
    """Which words share a character with a range."""
    starts, ends = np.asarray(words, np.int64).reshape(-1, 2).T
    met = np.zeros(len(words), np.bool_)
    for start, end in ranges:
        met |= (starts < end) & (start < ends)
    return met


def padded(rows: Sequence[Sequence[Guard]], length: int) -> dict[str, Mask]:
    """A batch's guards by name: `decided` and `wrong` [rows, decisions, tokens], `is_whole` [rows, decisions]."""
    most = max(map(len, rows))
    shape = (len(rows), most, length)
    decided, wrong, is_whole = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_), np.zeros(shape[:2], np.bool_)
    for place, guards in enumerate(rows):
        for turn, guard in enumerate(guards):
            size = len(guard.wrong)
            decided[place, turn, :size], wrong[place, turn, :size] = guard.decided, guard.wrong
            is_whole[place, turn] = guard.is_whole
    return {"decided": decided, "wrong": wrong, "is_whole": is_whole}
