"""What comes in, as tokens: pieces of text, or token ids."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from typing import Protocol

from tokenizers.decoders import DecodeStream
from transformers import PreTrainedTokenizerFast

from tokapp.errors import BadInput
from tokapp.inference.streaming.chat import Template
from tokapp.inference.streaming.seam import TextSeam, Token
from tokapp.inference.streaming.verdicts import Piece
from tokapp.models.encoding import Encoder


class Source(Protocol):
    """Turns pieces into tokens."""

    @property
    def text(self) -> str:
        """The streamed text so far."""
        ...

    def push(self, piece: Piece) -> list[Token]:
        """Tokens that are settled by now; raises BadInput for a piece of the other kind."""
        ...

    def close(self) -> list[Token]:
        """The tokens that waited for more."""
        ...

    def give_back(self, unread: Sequence[Token]) -> Piece:
        """Take tokens that could not be read, and all that waits behind them, out of the text."""
        ...


class TextSource:
    """Pieces of text, cut into tokens as the whole text would be."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder, self._seam = encoder, TextSeam(encoder)
        self._pieces: list[str] = []

    @property
    def text(self) -> str:
        """All pieces."""
        return "".join(self._pieces)

    def push(self, piece: Piece) -> list[Token]:
        """Tokens that no further text can change."""
        if not isinstance(piece, str):
            raise BadInput("this stream began with text, so it goes on with text; open another one for token ids")
        self._pieces.append(piece)
        return self._seam.push(piece)

    def close(self) -> list[Token]:
        """The tokens behind the last safe boundary."""
        return self._seam.close()

    def give_back(self, unread: Sequence[Token]) -> str:
        """The text from the first of these tokens on."""
        text, start = self.text, unread[0].start
        self._pieces, self._seam = [text[:start]], TextSeam(self._encoder, start)
        return text[start:]


class IdSource:
    """Token ids; the streamed text is what they spell, without tokens of the template, in which they may begin."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast, *, in_template: bool = False) -> None:
        self._tokenizer, self._size = tokenizer.backend_tokenizer, len(tokenizer)
        self._decoder = DecodeStream(skip_special_tokens=True)
        self._template = Template(tokenizer, is_within=in_template)
        self._spelt: list[str] = []
        self._length = 0

    @property
    def text(self) -> str:
        """What the judged tokens spell."""
        return "".join(self._spelt)

    def push(self, piece: Piece) -> list[Token]:
        """A token for every id."""
        if isinstance(piece, str):
            raise BadInput("this stream began with token ids, so it goes on with ids; open another one for text")
        return [self._token(one) for one in check_ids(piece, self._size)]

    def close(self) -> list[Token]:
        """Ids never wait."""
        return []

    def give_back(self, unread: Sequence[Token]) -> list[int]:
        """The ids of these tokens."""
        kept, start = self.text, min((token.start for token in unread if not token.is_template), default=self._length)
        self._spelt, self._length = [kept[:start]], start
        return [token.id for token in unread]

    def _token(self, one: int) -> Token:
        text = self._decoder.step(self._tokenizer, one) or ""
        if self._template.holds(one, text):
            return Token(one, self._length, "", is_template=True)
        token = Token(one, self._length, text)
        self._spelt.append(text)
        self._length += len(text)
        return token


def check_ids(ids: Sequence[int], size: int) -> list[int]:
    """Token ids as plain numbers; raises BadInput for what is none of 0..size - 1."""
    try:
        if isinstance(ids, bytes | bytearray):  # whose items are numbers, too
            raise TypeError("bytes are no token ids")
        found = [index(one) for one in ids]
    except TypeError as error:
        raise BadInput(f"a stream takes text or token ids, not {str(ids)[:60]!r}") from error
    for one in found:
        if not 0 <= one < size:
            raise BadInput(f"{one} is no token id of this model, whose ids run from 0 to {size - 1}")
    return found
