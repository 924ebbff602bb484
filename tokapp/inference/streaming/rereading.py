"""Streams of models that look both ways, or at more than tokens: the text so far is read again for every word."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING

import numpy as np

from tokapp.documents import Document, Offset, Prediction
from tokapp.errors import BadInput
from tokapp.inference.engine import predict
from tokapp.inference.streaming.judging import Judged, Judgement, judge_document, judge_words
from tokapp.inference.streaming.verdicts import Piece
from tokapp.models.encoding import Encoder
from tokapp.words import split_words

if TYPE_CHECKING:
    from tokapp.models.token_model import TokenModel

_LONG = 2000
"""Characters of one word from which it is not looked at anew with every piece, which would be quadratic."""


class RereadingReader:
    """Judges every word as `predict` judges it in the text up to `lookahead` words behind it.

    There is no cache that could help: what such a model computes for a word changes with every word behind it. So each
    word costs a forward pass over all that is read for it, which is the text back to where a row is full; from there on
    half a row is read. A verdict is not revised when words further behind would change it, and so may differ from what
    `predict` says about the finished text; the less, the more words a verdict waits for. Tokens are words here, which
    these models judge. Without token classes the verdict is about the text so far as a whole, and waits for nothing.
    `document` has the question and contexts that stand beside the text.
    """

    def __init__(self, model: TokenModel, document: Document, *, lookahead: int) -> None:
        self._model, self._document = model, document
        self._lookahead = lookahead if model.config.classes else 0
        self._pieces: list[str] = []
        self._words, self._reach = GrowingWords(), _Reach(model.encoder, self._lookahead)
        self._waiting: deque[Offset] = deque()

    @property
    def text(self) -> str:
        """The streamed text so far."""
        return "".join(self._pieces)

    def read(self, piece: Piece) -> Iterator[Judged]:
        """Words behind which enough is known by now, judged."""
        if not isinstance(piece, str):
            raise BadInput(f"{self._model.name} judges whole words, so it streams text and no token ids; push text")
        self._pieces.append(piece)
        self._reach.grow(piece)
        yield from self._judged(self._words.push(piece))

    def finish(self) -> Iterator[Judged]:
        """The last words, judged in the whole text."""
        yield from self._judged(self._words.push("", is_last=True))
        rest = [*self._waiting]
        self._waiting.clear()
        if rest:
            yield from self._said(rest)

    def _judged(self, words: Sequence[Offset]) -> Iterator[Judged]:
        # One by one: what else is in a batch would change the last bits, and cutting changes nothing at all.
        for word in words:
            self._reach.take(word)
            self._waiting.append(word)
            if len(self._waiting) > self._lookahead:
                yield from self._said([self._waiting.popleft()])

    def _said(self, words: Sequence[Offset]) -> Iterator[Judged]:
        """Judgements of words in what is read now."""
        begin, text = self._reach.view()
        (prediction,) = predict(self._model, [replace(self._document, text=text)])
        for start, end in words:
            yield start, text[start - begin : end - begin], self._judge(prediction, start - begin), True

    def _judge(self, prediction: Prediction, place: int) -> Judgement:
        if self._model.config.classes and prediction.words is not None:
            index = int(np.searchsorted(prediction.words.offsets[:, 0], place))
            return judge_words(prediction.words.probabilities[index : index + 1], self._model.config)[0]
        return judge_document(prediction.document_scores)


class GrowingWords:
    """Words of a growing text, given out as soon as no further text can change where they end.

    That is where white space follows, or any two characters: an apostrophe or an emoji's joiner belongs to a word only
    if the right character comes behind it.
    """

    def __init__(self) -> None:
        self._rest, self._start, self._retry_at = "", 0, 0

    def push(self, text: str, *, is_last: bool = False) -> list[Offset]:
        """Words that are complete now, as code points of the whole text."""
        rest = self._rest + text
        if len(rest) < self._retry_at and not is_last:
            self._rest = rest
            return []
        words = split_words(rest)
        done = words if is_last else list(takewhile(lambda word: _is_complete(rest, word[1]), words))
        found = [(start + self._start, end + self._start) for start, end in done]
        cut = done[-1][1] if done else len(rest) - len(rest.lstrip())
        self._rest, self._start = rest[cut:], self._start + cut
        self._retry_at = 0 if done or len(rest) < _LONG else len(rest) * 5 // 4
        return found


def _is_complete(text: str, end: int) -> bool:
    return end < len(text) and (text[end].isspace() or end + 1 < len(text))


class _Reach:
    """How far back a model reads: as far as one row goes, by the tokens of the words; words that wait stay in view."""

    def __init__(self, encoder: Encoder, waiting: int) -> None:
        self._encoder, self._waiting = encoder, waiting
        self._text, self._start, self._end, self._size = "", 0, 0, 0
        self._words: deque[tuple[int, int]] = deque()

    def grow(self, piece: str) -> None:
        """Take text in."""
        self._text += piece

    def take(self, word: Offset) -> None:
        """Read up to the end of the next word."""
        tokens = len(self._encoder.cut(self._text[word[0] - self._start : word[1] - self._start]).ids)
        self._words.append((word[0], tokens))
        self._end, self._size = word[1], self._size + tokens
        if self._size > self._encoder.room:
            self._forget(self._encoder.room // 2)

    def view(self) -> tuple[int, str]:
        """What is read now, and where in the streamed text it begins."""
        return self._start, self._text[: self._end - self._start]

    def _forget(self, most: int) -> None:
        while self._size > most and len(self._words) > self._waiting + 1:
            self._size -= self._words.popleft()[1]
        start = self._words[0][0]
        self._text, self._start = self._text[start - self._start :], start
