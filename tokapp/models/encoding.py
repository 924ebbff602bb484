"""From documents to rows of token ids, and from tokens back to words of the untouched text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerFast

from tokapp.documents import Document, Offset
from tokapp.errors import ModelUnavailable
from tokapp.models.prompts import Prompt, prompt_text
from tokapp.models.sentences import split_sentences
from tokapp.models.windows import owned_ranges, windows
from tokapp.words import split_words

if TYPE_CHECKING:
    from tokenizers import Encoding as Pieces

Ids = NDArray[np.int64]
Floats = NDArray[np.float32]
WordFeatures: TypeAlias = Callable[[Document, Sequence[Offset]], Floats]
"""Numbers per word of a document, float32 [words, k]."""


@dataclass(frozen=True, slots=True, eq=False)
class Encoding:
    """One row for the network: a whole document, or one window of a long one.

    All arrays run over the row's tokens unless said otherwise. `document` is the index of the document in the call
    that made it. `offsets` int32 [tokens, 2] point into the document's text, (0, 0) for tokens of the prompt and
    special tokens. `word_of` int32 holds the word of each token, -1 where there is none. `part` marks the tokens of
    the labelled part, `owned` those of them that no other window of the document shows with more context.
    `word_index` int32 [words] is the position of each word's first token in this row, -1 where this row does not own
    it (a word without any token is -1 in every row). Words that one token holds together, as in scripts without blanks
    or where it is unknown as a whole, have its position in common. `features` float32 [words, k] are one array for all
    rows of a document. `sentences` int32 [tokens] is the sentence of each word at its `word_index`, -1 elsewhere.
    `chunk` counts the rows that show the same tokens of the labelled part beside other passages; all own these words.
    `source` int32 [tokens] is the token of the `prompt` (question and passages) at each position, -1 elsewhere.
    """

    document: int
    input_ids: Ids
    type_ids: Ids
    offsets: NDArray[np.int32]
    word_of: NDArray[np.int32]
    part: NDArray[np.bool_]
    owned: NDArray[np.bool_]
    word_index: NDArray[np.int32]
    words: Sequence[Offset]
    features: Floats | None = None
    sentences: NDArray[np.int32] | None = None
    chunk: int = 0
    prompt: Prompt | None = None
    source: NDArray[np.int32] | None = None

    def __len__(self) -> int:
        return len(self.input_ids)

    def token_features(self) -> Floats | None:
        """Features of words at every token of the word [tokens, k], zero where there is no word."""
        if self.features is None:
            return None
        return np.concatenate([self.features, np.zeros((1, self.features.shape[1]), np.float32)])[self.word_of]


@dataclass(frozen=True, slots=True)
class Frame:
    """The special tokens that a tokenizer puts around one text or a pair, with their type ids."""

    before: tuple[int, ...]
    between: tuple[int, ...]
    after: tuple[int, ...]
    types: tuple[int, int, int, int, int]

    @property
    def size(self) -> int:
        """How many special tokens there are."""
        return len(self.before) + len(self.between) + len(self.after)


@dataclass(frozen=True, slots=True, eq=False)
class _Text:
    """A tokenised text without special tokens."""

    ids: Ids
    offsets: NDArray[np.int32]
    word_of: NDArray[np.int32]
    words: Sequence[Offset]
    first: NDArray[np.int32]
    """Each word's first token; -1 for words that the tokenizer drops."""


class Encoder:
    """Turns documents into rows; `view` may change characters that the model sees, never their number."""

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerFast,
        *,
        max_length: int,
        part: str = "text",
        view: Callable[[str], str] | None = None,
        features: WordFeatures | None = None,
        sentences: bool = False,
    ) -> None:
        self.tokenizer, self.max_length, self.part = tokenizer, max_length, part
        self._view, self._features, self._sentences = view, features, sentences
        self._single, self._pair = _frame(tokenizer, pair=False), _frame(tokenizer, pair=True)

    def encode(self, documents: Sequence[Document]) -> list[Encoding]:
        """Rows of all documents in order, window by window, and of a window chunk by chunk of the passages."""
        texts = self._tokenise([document.text for document in documents])
        if self.part != "answer":
            return [row for index, text in enumerate(texts) for row in self._rows(index, documents[index], text, None)]
        pairs = enumerate(zip(texts, self._prompts(documents), strict=True))
        return [row for index, (text, prompt) in pairs for row in self._rows(index, documents[index], text, prompt)]

    @property
    def word_features(self) -> WordFeatures | None:
        """The numbers that stand beside the tokens of words, where the model has any."""
        return self._features

    def tokens(self, text: str) -> list[Offset]:
        """Where the tokens of a text lie, in reading order, not overlapping; pieces of one character count once."""
        found: list[Offset] = []
        for piece in self._pieces([text]):
            for start, end in piece.offsets:
                begin = max(start, found[-1][1] if found else 0)
                if begin < end:
                    found.append((begin, end))
        return found

    def cut(self, text: str) -> Pieces:
        """The tokenizer's own account of one text: `ids`, `offsets`, and the pre-token of each in `word_ids`."""
        return self._pieces([text])[0]

    def opening(self, document: Document) -> list[int]:
        """The tokens that stand before a document's text: special ones, with question and passages for answers."""
        if self.part != "answer":
            return list(self._single.before)
        (prompt,) = self._prompts([document])
        return [*self._pair.before, *prompt.ids.tolist(), *self._pair.between]

    @property
    def room(self) -> int:
        """How many tokens of a text one row surely holds, whatever stands before it."""
        frame = self._pair if self.part == "answer" else self._single
        return max(self.max_length - frame.size - (self.max_length // 4 if self.part == "answer" else 0), 1)

    def seen(self, text: str) -> str:
        """The text as the model sees it: the task's view, and U+FFFD for lone surrogates; of the same length."""
        shown = self._view(text) if self._view else text
        if len(shown) != len(text):
            raise ValueError(f"a view must keep the length of a text, it made {len(shown)} characters of {len(text)}")
        return shown if shown.isascii() else "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in shown)

    def _tokenise(self, texts: Sequence[str]) -> list[_Text]:
        return [_text(piece.ids, piece.offsets, text) for piece, text in zip(self._pieces(texts), texts, strict=True)]

    def _prompts(self, documents: Sequence[Document]) -> list[Prompt]:
        texts = [prompt_text(document) for document in documents]
        pieces = self._pieces([text for text, _ in texts])
        return [
            Prompt(text, passages, np.asarray(piece.ids, np.int64), np.asarray(piece.offsets, np.int32).reshape(-1, 2))
            for (text, passages), piece in zip(texts, pieces, strict=True)
        ]

    def _pieces(self, texts: Sequence[str]) -> Sequence[Pieces]:
        if not texts:
            return []
        batch = self.tokenizer(
            [self.seen(text) for text in texts],
            add_special_tokens=False,
            split_special_tokens=True,  # "[SEP]" in a text is something that somebody wrote, and separates nothing
            return_attention_mask=False,
            return_token_type_ids=False,
            verbose=False,
        )
        return batch.encodings or []

    def _rows(self, index: int, document: Document, text: _Text, prompt: Prompt | None) -> Iterator[Encoding]:
        frame = self._single if prompt is None else self._pair
        # Passages that do not fit give more rows; only an answer that leaves them no quarter of one moves by windows.
        reserve = 0 if prompt is None else min(len(prompt), self.max_length // 4)
        size = max(self.max_length - frame.size - reserve, 1)
        room = max(self.max_length - frame.size - len(text.ids), reserve)
        chunks = [np.empty(0, np.int64)] if prompt is None else prompt.chunks(room)
        ranges = list(windows(len(text.ids), size, max(size * 3 // 4, 1)))
        features = self._features(document, text.words) if self._features else None
        sentences = _sentences_of(document.text, text.words) if self._sentences else None
        for window, owned in zip(ranges, owned_ranges(ranges), strict=True):
            for number, chunk in enumerate(chunks):
                ids = chunk if prompt is None else prompt.ids[chunk]
                row = replace(_row(index, text, frame, ids, window, owned, features), chunk=number)
                if prompt is not None:
                    row = replace(row, prompt=prompt, source=_placed(len(row), len(frame.before), chunk))
                yield row if sentences is None else replace(row, sentences=_at_words(row, sentences))


def _text(ids: Sequence[int], offsets: Sequence[tuple[int, int]], text: str) -> _Text:
    words = split_words(text)
    where = np.asarray(offsets, np.int32).reshape(-1, 2)
    word_of = words_of_tokens(where, words, len(text))
    return _Text(np.asarray(ids, np.int64), where, word_of, words, _first_tokens(word_of, where, words))


def words_of_tokens(offsets: NDArray[np.int32], words: Sequence[Offset], length: int) -> NDArray[np.int32]:
    """The word that holds each token's first character that is not white space (some offsets begin with blanks)."""
    word_at = np.full(length + 1, -1, np.int32)
    for index, (start, end) in enumerate(words):
        word_at[start:end] = index
    held = np.where(word_at >= 0, np.arange(length + 1), length)
    first = np.minimum.accumulate(held[::-1])[::-1][np.minimum(offsets[:, 0], length)]
    return np.where(first < offsets[:, 1], word_at[first], -1).astype(np.int32)


def _row(
    index: int, text: _Text, frame: Frame, prompt: Ids, window: range, owned: range, features: Floats | None
) -> Encoding:
    body = text.ids[window.start : window.stop]
    special = [np.asarray(ids, np.int64) for ids in (frame.before, frame.between, frame.after)]
    pieces = (special[0], prompt, special[1], body, special[2])
    input_ids = np.concatenate(pieces)
    start = len(input_ids) - len(special[2]) - len(body)
    inside = slice(start, start + len(body))
    offsets = np.zeros((len(input_ids), 2), np.int32)
    offsets[inside] = text.offsets[window.start : window.stop]
    word_of = np.full(len(input_ids), -1, np.int32)
    word_of[inside] = text.word_of[window.start : window.stop]
    part, mine = np.zeros((2, len(input_ids)), np.bool_)
    part[inside] = True
    mine[start + owned.start - window.start : start + owned.stop - window.start] = True
    return Encoding(
        document=index,
        input_ids=input_ids,
        type_ids=np.repeat(np.asarray(frame.types, np.int64), [len(piece) for piece in pieces]),
        offsets=offsets,
        word_of=word_of,
        part=part,
        owned=mine,
        word_index=np.where(
            (text.first >= owned.start) & (text.first < owned.stop), text.first + start - window.start, -1
        ).astype(np.int32),
        words=text.words,
        features=features,
    )


def _placed(length: int, start: int, tokens: NDArray[np.int64]) -> NDArray[np.int32]:
    """The prompt's tokens at their positions in a row, -1 elsewhere."""
    source = np.full(length, -1, np.int32)
    source[start : start + len(tokens)] = tokens
    return source


def _first_tokens(word_of: NDArray[np.int32], offsets: NDArray[np.int32], words: Sequence[Offset]) -> NDArray[np.int32]:
    """The first token of every word: one that begins in it, or else one that holds its first character; or -1."""
    first = np.full(len(words) + 1, -1, np.int32)
    positions = np.arange(len(word_of) - 1, -1, -1)
    first[word_of[positions]] = positions  # written from the back, so the first token of a word stays
    if (first[:-1] < 0).any():
        token_at = np.full(words[-1][1], -1, np.int32)
        for position in positions:
            token_at[offsets[position, 0] : offsets[position, 1]] = position
        starts = [start for start, _ in words]
        first[:-1] = np.where(first[:-1] < 0, token_at[starts], first[:-1])
    return first[:-1]


def _sentences_of(text: str, words: Sequence[Offset]) -> NDArray[np.int32]:
    """The sentence in which each word begins."""
    starts = [start for start, _ in split_sentences(text)]
    return np.searchsorted(starts, [start for start, _ in words], side="right").astype(np.int32) - 1


def _at_words(row: Encoding, sentences: NDArray[np.int32]) -> NDArray[np.int32]:
    """Sentences of words at the words' positions in a row."""
    mine, at = row.word_index >= 0, np.full(len(row), -1, np.int32)
    at[row.word_index[mine]] = sentences[mine]
    return at


def _frame(tokenizer: PreTrainedTokenizerFast, *, pair: bool) -> Frame:
    """Read off the special tokens that this tokenizer puts around texts."""
    batch = tokenizer(["a"], ["a"], verbose=False) if pair else tokenizer(["a"], verbose=False)
    row = batch.encodings[0]
    sides = [-1 if side is None else side for side in row.sequence_ids]
    body = sides.index(1 if pair else 0)
    after = len(sides) - sides[::-1].index(1 if pair else 0)
    before = sides.index(0) if pair else body
    between = [place for place in range(before, body) if sides[place] == -1]
    places = (list(range(before)), [before] if pair else [], between, [body], list(range(after, len(sides))))
    types = row.type_ids if "token_type_ids" in tokenizer.model_input_names else [0] * len(sides)
    kinds = [types[place[0]] if place else 0 for place in places]
    ids = [tuple(row.ids[position] for position in place) for place in places]
    return Frame(ids[0], ids[2], ids[4], (kinds[0], kinds[1], kinds[2], kinds[3], kinds[4]))


def find_view(name: str) -> Callable[[str], str] | None:
    """The view of a task by name: None for "plain", else the function `view` of `tokapp.tasks.<name>`."""
    if name == "plain":
        return None
    view: Callable[[str], str] = import_module(f"tokapp.tasks.{name}").view
    return view


def find_features(name: str | None) -> WordFeatures | None:
    """The word feature function of that name; raises ModelUnavailable if this version of tokapp does not have it."""
    if name is None:
        return None
    try:
        function: WordFeatures = getattr(import_module("tokapp.models.features"), name)
    except (ImportError, AttributeError) as error:
        raise ModelUnavailable(f"this tokapp has no word features {name!r}; use the version that made it") from error
    return function


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Rows padded to one length, ready for `torch.from_numpy`; all arrays are [rows, tokens] or [rows, tokens, k]."""

    input_ids: Ids
    attention_mask: Ids
    type_ids: Ids
    part: NDArray[np.bool_]
    features: Floats | None
    sentences: NDArray[np.int32] | None = None


def collate(rows: Sequence[Encoding], *, pad_id: int) -> Batch:
    """Pad rows on the right to the longest."""
    length = max(len(row) for row in rows)
    shape = (len(rows), length)
    ids, mask, types = np.full(shape, pad_id, np.int64), np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    part = np.zeros(shape, np.bool_)
    width = 0 if rows[0].features is None else rows[0].features.shape[1]
    features = np.zeros((*shape, width), np.float32) if width else None
    sentences = None if rows[0].sentences is None else np.full(shape, -1, np.int32)
    for place, row in enumerate(rows):
        size = len(row)
        ids[place, :size], mask[place, :size], types[place, :size] = row.input_ids, 1, row.type_ids
        part[place, :size] = row.part
        if features is not None:
            features[place, :size] = row.token_features()
        if sentences is not None and row.sentences is not None:
            sentences[place, :size] = row.sentences
    return Batch(ids, mask, types, part, features, sentences)
