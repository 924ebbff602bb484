"""What stands before an answer: a question with its passages, packed into several rows where one does not hold them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tokapp.documents import Document
from tokapp.models.sentences import split_sentences

Ids = NDArray[np.int64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Prompt:
    """A tokenised question with its passages; `offsets` [tokens, 2] are where each token lies in `text`.

    `passages` are the places in `text` where a passage begins.
    """

    text: str
    passages: Sequence[int]
    ids: Ids
    offsets: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def ends(self) -> Ints:
        """Where each token ends in the text, none before the one ahead of it."""
        return np.maximum.accumulate(self.offsets[:, 1].astype(np.int64))

    def chunks(self, room: int) -> list[Ints]:
        """The tokens of pieces of at most `room`, one piece where all fit; together they show every passage.

        Each piece has the question (its beginning, where it is longer than half of the room), then as many passages as
        fit. A passage that does not fit alone is cut behind a sentence, and a sentence behind any token.
        """
        everything = np.arange(len(self))
        if len(self) <= room:
            return [everything]
        begin = int(self._tokens(self.passages)[0]) if self.passages else len(self)
        question = everything[: min(begin, room // 2 if begin < len(self) else room)]
        pieces = [np.concatenate([question, everything[some]]) for some in self._packed(begin, room - len(question))]
        return pieces or [question]

    def _packed(self, begin: int, room: int) -> Iterator[slice]:
        levels = (self._tokens(self.passages), self._tokens([start for start, _ in split_sentences(self.text)]))
        while begin < len(self):
            stop = begin + room
            if stop < len(self):
                stop = next((cut for level in levels if (cut := _last(level, begin, stop)) > begin), stop)
            yield slice(begin, stop)
            begin = stop

    def _tokens(self, places: Sequence[int]) -> Ints:
        """The first token that shows something of what begins at each place."""
        return np.searchsorted(self.ends, np.asarray(places, np.int64), side="right")


def _last(cuts: Ints, begin: int, stop: int) -> int:
    """The last cut up to `stop`, or `begin` if there is none behind it."""
    found = int(np.searchsorted(cuts, stop, side="right"))
    return max(int(cuts[found - 1]), begin) if found else begin


def prompt_text(document: Document) -> tuple[str, list[int]]:
    """Question and passages as one text, and where each passage begins in it."""
    parts = prompt_parts(document)
    return "\n".join(part for _, _, part in parts), [start for number, start, _ in parts if number]


def prompt_parts(document: Document) -> list[tuple[int, int, str]]:
    """The pieces of a prompt: number (0 the question, else that of a passage), where it begins in the text, and it."""
    parts = [(number, part) for number, part in enumerate((document.question, *document.contexts)) if part]
    starts = np.cumsum([0, *(len(part) + 1 for _, part in parts)]).tolist()
    return [(number, start, part) for start, (number, part) in zip(starts, parts, strict=False)]
