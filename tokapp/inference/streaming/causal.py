"""Streams of models that read from left to right: each token costs one token's work, whatever came before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from tokapp.errors import BadInput
from tokapp.inference.streaming.judging import Judged, Judgement
from tokapp.inference.streaming.seam import Token
from tokapp.inference.streaming.sources import IdSource, Source, TextSource
from tokapp.inference.streaming.verdicts import Piece, StreamFull
from tokapp.inference.streaming.voices import Voice
from tokapp.models.network import Outputs

if TYPE_CHECKING:
    from tokapp.models.token_model import TokenModel

Judge = Callable[[Outputs], list[Judgement]]
"""What raw outputs [1, tokens, ...] say about each token."""

_Item = TypeVar("_Item")
_AT_ONCE = 512
"""Tokens in one forward pass: attention within it takes memory for their square."""


class CausalReader:
    """Feeds tokens to a causal model, whose keys and values are kept in a cache.

    `prompt` and `before` are the tokens that come first and are not judged; `prompted` is what the model gave out for
    the last of the prompt's. Token ids that follow begin within a conversation's template if `in_template`. Raises
    BadInput if the prompt leaves the text no position.
    """

    def __init__(
        self,
        model: TokenModel,
        judge: Judge,
        voice: Voice,
        *,
        prompt: Sequence[int] = (),
        before: Sequence[int] = (),
        in_template: bool = False,
    ) -> None:
        self._model, self._judge, self._voice = model, judge, voice
        self._cache, self._limit, self._used = model.new_cache(), model.positions, 0
        self._source: Source | None = None
        self._in_template = in_template
        if (size := len(prompt) + len(before)) >= self._limit:
            raise BadInput(
                f"the prompt has {size} tokens, and {model.name} has positions for {self._limit} of prompt and text "
                "together; shorten the prompt"
            )
        self.prompted: Outputs | None = None
        for batch in _in_batches(prompt):
            self.prompted = self._feed(batch)
        for batch in _in_batches(before):
            self._feed(batch)

    @property
    def text(self) -> str:
        """The streamed text so far."""
        return self._source.text if self._source is not None else ""

    def read(self, piece: Piece) -> Iterator[Judged]:
        """Tokens that are settled by now, judged."""
        if self._source is None:
            if isinstance(piece, str):
                self._source = TextSource(self._model.encoder)
            else:
                self._source = IdSource(self._model.tokenizer, in_template=self._in_template)
        yield from self._judged(self._source, self._source.push(piece))

    def finish(self) -> Iterator[Judged]:
        """The tokens that waited, judged."""
        if self._source is not None:
            yield from self._judged(self._source, self._source.close())

    def _judged(self, source: Source, tokens: Sequence[Token]) -> Iterator[Judged]:
        room = self._limit - self._used
        for batch in _in_batches(tokens[:room]):
            said = self._judge(self._feed([token.id for token in batch]))
            for token, judgement in zip(batch, said, strict=True):
                if not token.is_template:
                    yield token.start, token.text, *self._voice.take(judgement, token.text)
        if len(tokens) > room:
            raise StreamFull(self._model.name, limit=self._limit, rest=source.give_back(tokens[room:]))

    def _feed(self, ids: Sequence[int]) -> Outputs:
        self._used += len(ids)
        return self._model.read_on(ids, self._cache)


def _in_batches(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    return (items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE))
