"""Reasons among the words of question and passages: which of them back the answer, or speak against it.

The answer is always shown. A hidden word becomes mask tokens in every row that shows it, and numbers that compare the
answer with question and passages are computed again without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tokapp.documents import Attribution, Document, Offset
from tokapp.explanations.views import View
from tokapp.models.encoding import Encoding, WordFeatures, words_of_tokens
from tokapp.models.prompts import prompt_parts
from tokapp.models.sentences import split_sentences
from tokapp.tasks import Task
from tokapp.words import split_words

Floats32 = NDArray[np.float32]
SourceWord = tuple[int, int, int]
"""The piece in which a word lies (0 the question, else the number of a passage), and its start and end in it."""

_KEPT = 256
"""Coalitions of which word features are kept: more than one batch has."""
_BLANK = "\ua66e"
"""A letter that no answer shares: a word of it is known, and matches nothing."""


def pieces_of(document: Document) -> dict[int, str]:
    """Question (0) and passages by their numbers, those without any text left out."""
    return {number: part for number, _, part in prompt_parts(document)}


def source_words(document: Document) -> list[SourceWord]:
    """The words of question and passages, piece by piece."""
    return [(number, *word) for number, part in pieces_of(document).items() for word in split_words(part)]


def source_word_of(document: Document, row: Encoding) -> NDArray[np.int32]:
    """The place among `source_words` of the word that each token of a row belongs to [tokens], -1 for none."""
    if row.prompt is None or row.source is None:
        return np.full(len(row), -1, np.int32)
    parts = prompt_parts(document)
    words = [(start + a, start + b) for _, start, part in parts for a, b in split_words(part)]
    of_prompt = words_of_tokens(row.prompt.offsets, words, len(row.prompt.text))
    return np.append(of_prompt, np.int32(-1))[row.source]


def seat_phrases(
    pieces: Mapping[int, str], words: Sequence[SourceWord], present: NDArray[np.int32], *, most: int
) -> tuple[tuple[Offset, ...], tuple[int, ...], NDArray[np.int32]]:
    """Players among those words of `pieces` that are present, their pieces, and the player of each word [words + 1].

    Above `most` words these hide together as phrases of one length, which never run over the end of a sentence; where
    there are that many sentences, several of one piece do.
    """
    runs = _runs(pieces, [words[word] for word in present], most)
    player_of = np.full(len(words) + 1, -1, np.int32)
    player_of[present] = runs
    members = [present[runs == run] for run in range(int(runs.max(initial=-1)) + 1)]
    players = tuple((words[some[0]][1], words[some[-1]][2]) for some in members)
    return players, tuple(words[some[0]][0] for some in members), player_of


def _runs(pieces: Mapping[int, str], words: Sequence[SourceWord], most: int) -> NDArray[np.int32]:
    """The run of each word, counted in reading order."""
    if len(words) <= most:
        return np.arange(len(words), dtype=np.int32)
    starts = {number: [start for start, _ in split_sentences(part)] for number, part in pieces.items()}
    sentences = [(part, int(np.searchsorted(starts[part], start, side="right"))) for part, start, _ in words]
    lengths = [len(list(run)) for _, run in groupby(sentences)]
    if len(lengths) > most:
        count = -(-len(lengths) // most)
        merged = [(part, sentence // count) for part, sentence in sentences]
        return _number([len(list(run)) for _, run in groupby(merged)])
    fits = (size for size in range(1, len(words) + 1) if sum(-(-one // size) for one in lengths) <= most)
    size = next(fits)
    return _number([len(piece) for one in lengths for piece in np.array_split(range(one), -(-one // size))])


def _number(lengths: Sequence[int]) -> NDArray[np.int32]:
    return np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)


@dataclass(frozen=True, slots=True, eq=False)
class Hiding:
    """Word features of an answer [words, k] while some of its source words are hidden.

    All rows of a window ask for the same coalitions one after the other, so the latest answers are kept.
    """

    document: Document
    words: Sequence[Offset]
    features: WordFeatures
    player_of: NDArray[np.int32]
    known: dict[bytes, Floats32] = field(default_factory=dict)

    def __call__(self, shown: NDArray[np.bool_]) -> Floats32:
        """Features for one coalition bool [players]."""
        key = shown.tobytes()
        if key not in self.known:
            if len(self.known) >= _KEPT:
                self.known.clear()
            document = hide_words(self.document, np.append(shown, True)[self.player_of[:-1]])
            self.known[key] = self.features(document, self.words)
        return self.known[key]


def hide_words(document: Document, shown: NDArray[np.bool_]) -> Document:
    """The document with blanks for hidden source words, bool [words]; nothing moves."""
    parts = {number: list(part) for number, part in pieces_of(document).items()}
    for (number, start, end), is_shown in zip(source_words(document), shown.tolist(), strict=True):
        if not is_shown:
            letters = parts[number]
            letters[start:end] = [_BLANK if letter.isalnum() else " " for letter in letters[start:end]]
    texts = {number: "".join(letters) for number, letters in parts.items()}
    contexts = tuple(texts.get(number, "") for number in range(1, len(document.contexts) + 1))
    return replace(document, question=texts.get(0, document.question), contexts=contexts)


@dataclass(frozen=True, slots=True, eq=False)
class SourceView(View):
    """A row with the player of each token of question and passages; `again` computes what compares them."""

    again: Callable[[NDArray[np.bool_]], Floats32] | None = None

    @property
    def has_gradients(self) -> bool:
        return self.again is None

    def features(self, shown: NDArray[np.bool_], is_shown: NDArray[np.bool_]) -> Floats32 | None:
        if self.again is None:
            return None
        again = [replace(self.row, features=self.again(one)).token_features() for one in shown]
        return np.stack([one for one in again if one is not None])


def source_views(
    document: Document, window: Sequence[Encoding], player_of: NDArray[np.int32], features: WordFeatures | None
) -> tuple[View, ...]:
    """The rows of a window with the players of their source tokens."""
    again = None if features is None else Hiding(document, window[0].words, features, player_of)
    return tuple(SourceView(row, player_of[source_word_of(document, row)], again) for row in window)


def sources_seen(document: Document, window: Sequence[Encoding]) -> NDArray[np.int32]:
    """The source words that have a token in some row."""
    seen = np.unique(np.concatenate([source_word_of(document, row) for row in window]))
    return seen[seen >= 0]


@dataclass(frozen=True, slots=True)
class Stance:
    """How much question (0) or passage `part` says about a piece of an answer: log-odds for its being backed.

    `error` is one standard error of `value`, as if those of its words were independent.
    """

    part: int
    value: float
    error: float

    @property
    def verdict(self) -> Literal["supports", "contradicts", "none"]:
        """What can be said: `none` where the value cannot be told from zero (two errors)."""
        if abs(self.value) <= 2 * self.error or self.value == 0:
            return "none"
        return "supports" if self.value > 0 else "contradicts"


def stances(attribution: Attribution, task: Task) -> list[Stance]:
    """What question and each passage say, in their order, from an explanation over the words of the sources.

    Spans mark what is not backed, and so do all labels of the document but its first: what speaks for them contradicts.
    """
    target = attribution.target
    sign = 1.0 if not target.has_place and target.label == task.document_names[0] else -1.0
    values, errors, parts = map(np.asarray, (attribution.values, attribution.errors, attribution.parts))
    return [
        Stance(int(part), sign * float(values[parts == part].sum()), float(np.sqrt((errors[parts == part] ** 2).sum())))
        for part in np.unique(parts)
    ]
