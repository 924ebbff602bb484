"""Streams of models that look both ways, or at more than tokens: the text so far is read again for every word."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING

from tokapp.documents import Document, Offset, Prediction
from tokapp.errors import BadInput
from tokapp.inference.engine import predict
from tokapp.inference.streaming.judging import Judged, Judgement, judge_document, judge_words
from tokapp.inference.streaming.verdicts import Piece
from tokapp.words import split_words

if TYPE_CHECKING:
    from tokapp.models.token_model import TokenModel

_AT_ONCE = 16
"""Words that are judged in one batch."""
_LONG = 2000
"""Characters of one word from which it is not looked at anew with every piece, which would be quadratic."""


class RereadingReader:
    """Judges every word as `predict` judges the last word of the text so far, beside a question and passages.

    There is no cache that could help: what such a model computes for a word changes with every word behind it. So each
    word costs a forward pass over all that is read for it, which is the text back to where a row is full; from there on
    half a row is read. The verdict on a word is not revised when later words would change it, and may differ from what
    `predict` says about the finished text, where the model sees both sides. Tokens are words here, which is what these
    models judge. For a task without span labels the verdict is about the text so far as a whole.
    """

    def __init__(self, model: TokenModel, document: Document) -> None:
        self._model, self._document = model, document
        self._pieces: list[str] = []
        self._words, self._reach = GrowingWords(), _Reach(model)

    @property
    def text(self) -> str:
        """The streamed text so far."""
        return "".join(self._pieces)

    def read(self, piece: Piece) -> Iterator[Judged]:
        """Words that are complete by now, judged."""
        if not isinstance(piece, str):
            raise BadInput(f"{self._model.name} judges whole words, so it streams text and no token ids; push text")
        self._pieces.append(piece)
        yield from self._judged(self._words.push(piece), piece)

    def finish(self) -> Iterator[Judged]:
        """The last words, judged."""
        yield from self._judged(self._words.push("", is_last=True), "")

    def _judged(self, words: Sequence[Offset], piece: str) -> Iterator[Judged]:
        self._reach.grow(piece)
        for first in range(0, len(words), _AT_ONCE):
            batch = words[first : first + _AT_ONCE]
            documents = [replace(self._document, text=self._reach.back_from(word)) for word in batch]
            for (start, end), document, said in zip(batch, documents, predict(self._model, documents), strict=True):
                yield start, document.text[start - end :], self._judge(said), True

    def _judge(self, prediction: Prediction) -> Judgement:
        if self._model.config.classes and prediction.words is not None:
            return judge_words(prediction.words.probabilities[-1:], self._model.config)[0]
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
    """How far back a model reads: as far as one row goes, by the tokens of the words."""

    def __init__(self, model: TokenModel) -> None:
        self._encoder = model.encoder
        self._text, self._begin, self._size = "", 0, 0
        self._words: deque[tuple[int, int]] = deque()

    def grow(self, piece: str) -> None:
        """Take text in."""
        self._text += piece

    def back_from(self, word: Offset) -> str:
        """The text to read for a word, which it ends with; words are asked for in reading order, once each."""
        start, end = word
        tokens = len(self._encoder.cut(self._text[start - self._begin : end - self._begin]).ids)
        self._words.append((start, tokens))
        self._size += tokens
        if self._size > self._encoder.room:
            self._forget(self._encoder.room // 2)
        return self._text[: end - self._begin]

    def _forget(self, most: int) -> None:
        while self._size > most and len(self._words) > 1:
            self._size -= self._words.popleft()[1]
        begin = self._words[0][0]
        self._text, self._begin = self._text[begin - self._begin :], begin
