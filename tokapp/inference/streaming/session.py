"""A stream as one holds it in the hand: pieces in, verdicts out, and the place where to stop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Protocol, Self

from tokapp.errors import BadInput
from tokapp.inference.streaming.debounce import Debounce, Mode, counted
from tokapp.inference.streaming.judging import Judged, Judgement
from tokapp.inference.streaming.verdicts import SAFE, Level, Piece, PromptVerdict, Stop, StreamFull, TokenVerdict


class Reader(Protocol):
    """What turns pieces into judged tokens."""

    @property
    def text(self) -> str:
        """The streamed text, with what still waits."""
        ...

    def read(self, piece: Piece) -> Iterator[Judged]:
        """Tokens that this piece decides; raises StreamFull behind the last one that has a position."""
        ...

    def finish(self) -> Iterator[Judged]:
        """The tokens that waited for more."""
        ...


class Session:
    """Judges a text while it is being written. Not for several threads at once; several sessions may share a model.

    Verdicts come as soon as no further text can change the tokens they are about, and are never revised; they depend on
    the text alone, not on how it was cut into pieces. `prompt` is the verdict on the prompt, where the model gives one;
    `stop` is where the debouncing rule fired first, None until it does. Judging goes on behind it if pieces come.

    >>> with model.stream() as session:
    ...     for piece in pieces:
    ...         for verdict in session.push(piece):
    ...             print(verdict.text, verdict.risk)
    ...     rest = session.close()
    """

    def __init__(
        self, reader: Reader, debounce: Debounce, mode: Mode = "levels", prompt: Judgement | None = None
    ) -> None:
        self._reader, self._debounce, self._mode = reader, debounce, mode
        self.prompt = None if prompt is None else _prompt_verdict(prompt, mode)
        self.stop: Stop | None = None
        self.is_closed = False
        self._count, self._outcome = 0, SAFE
        self._decisions: list[tuple[int, int, str | None]] = []

    @property
    def text(self) -> str:
        """The streamed text so far, which offsets point into; of ids, what they spell without template tokens."""
        return self._reader.text

    def push(self, piece: Piece) -> list[TokenVerdict]:
        """Verdicts on the tokens that this piece completes, in order; `[]` where more has to be known.

        Text and ids cannot be mixed in one session. Raises StreamFull, with the verdicts that could be given and what
        was not read, when the model has no positions left; BadInput for a closed session or ids outside the vocabulary.
        """
        return _collect(self._judge(piece))

    def close(self) -> list[TokenVerdict]:
        """Verdicts on the tokens that waited for more; nothing can be pushed afterwards. Closing twice gives `[]`."""
        return _collect(self._end())

    def run(self, pieces: Iterable[Piece], *, until_stop: bool = False) -> Iterator[TokenVerdict]:
        """Verdicts one by one as pieces come in, the rest at the end; with `until_stop` none behind the stop."""
        for piece in pieces:
            for verdict in self._judge(piece):
                yield verdict
                if until_stop and self.stop is not None:
                    return
        yield from self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.is_closed = True

    def _judge(self, piece: Piece) -> Iterator[TokenVerdict]:
        if self.is_closed:
            raise BadInput("this stream is closed; open another one")
        for judged in self._reader.read(piece):
            yield self._verdict(*judged)

    def _end(self) -> Iterator[TokenVerdict]:
        if self.is_closed:
            return
        for judged in self._reader.finish():
            yield self._verdict(*judged)
        self.is_closed = True
        late = self._debounce.close()
        if late is not None and self.stop is None:
            index, character, category = self._decisions[late[0]]
            self.stop = Stop(index, character, late[1], category)

    def _verdict(self, start: int, text: str, judgement: Judgement, is_decision: bool) -> TokenVerdict:
        end = start + len(text)
        if is_decision:
            self._outcome = self._debounce.push(judgement.level)
            self._decisions.append((self._count, end, judgement.category))
            if self._outcome != SAFE and self.stop is None:
                self.stop = Stop(self._count, end, self._outcome, judgement.category)
        label = counted(judgement.level, self._mode)
        category, score = _shown(judgement, label)
        index, self._count = self._count, self._count + 1
        flagged = self._outcome != SAFE
        return TokenVerdict(index, start, end, text, judgement.risk, label, category, flagged, judgement.scores, score)


def _collect(verdicts: Iterator[TokenVerdict]) -> list[TokenVerdict]:
    made: list[TokenVerdict] = []
    try:
        for verdict in verdicts:
            made.append(verdict)
    except StreamFull as full:
        full.verdicts = tuple(made)
        raise
    return made


def _prompt_verdict(judgement: Judgement, mode: Mode) -> PromptVerdict:
    label = counted(judgement.level, mode)
    category, score = _shown(judgement, label)
    return PromptVerdict(judgement.risk, label, category, judgement.scores, score)


def _shown(judgement: Judgement, label: Level) -> tuple[str | None, float | None]:
    """The category, which heads always give, only where it means something."""
    return (None, None) if label == SAFE else (judgement.category, judgement.category_score)
