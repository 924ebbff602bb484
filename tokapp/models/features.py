"""Numbers per word that stand beside the backbone's token states: what a small model cannot see for itself.

`rag` compares every word of an answer, its clause and its sentence with the question and the passages. Values are
centred, so that a row of zeros, which is what a hidden word gets, says that nothing is known about the word.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tokapp.documents import Document, Offset
from tokapp.models.sentences import split_clauses, split_passages, split_sentences, stem, stems_of

Floats = NDArray[np.float32]

LIMIT = 4.0
"""Centred values beyond this are cut."""

# Name, centre and spread (one standard deviation over answers of language models to questions over passages).
WORD_SCALES: tuple[tuple[str, float, float], ...] = (
    ("known", 0.83, 0.37),
    ("asked", 0.16, 0.37),
    ("content", 0.52, 0.50),
    ("missing", 0.13, 0.34),
    ("number", 0.03, 0.18),
    ("number missing", 0.01, 0.09),
    ("capital", 0.09, 0.28),
    ("name missing", 0.02, 0.14),
    ("spoken", 0.86, 0.35),
    ("joined to the left", 0.37, 0.48),
    ("joined to the right", 0.37, 0.48),
    ("missing within 2", 0.25, 0.35),
    ("missing within 5", 0.25, 0.28),
    ("missing within 10", 0.25, 0.23),
    ("length / 10", 0.42, 0.27),
)
UNIT_SCALES: tuple[tuple[str, float, float], ...] = (
    ("claims (log)", 2.49, 0.53),
    ("known", 0.80, 0.21),
    ("missing (log)", 0.98, 0.72),
    ("known pairs", 0.49, 0.27),
    ("best sentence", 0.51, 0.27),
    ("best two sentences", 0.57, 0.28),
    ("best passage", 0.60, 0.28),
    ("all passages", 0.66, 0.28),
    ("numbers missing", 0.17, 0.45),
    ("about the passages", 0.04, 0.09),
    ("asked", 0.21, 0.21),
)
SENTENCE_SCALES: tuple[tuple[str, float, float], ...] = (
    ("position", 0.51, 0.35),
    ("is first", 0.17, 0.37),
    ("is last", 0.19, 0.39),
    ("hedges", 0.06, 0.24),
    ("connects", 0.27, 0.44),
    ("opens", 0.15, 0.36),
    ("is an item", 0.29, 0.45),
    ("announces", 0.07, 0.26),
    ("cites", 0.12, 0.32),
    ("known where cited", 0.96, 0.14),
    ("known before", 0.84, 0.22),
    ("known after", 0.82, 0.23),
    ("best before", 0.62, 0.32),
    ("best after", 0.62, 0.32),
    ("known, against the rest", 0.01, 0.17),
    ("best, against the rest", -0.02, 0.22),
)

# Words that claim nothing, and words by which an answer speaks about its passages and not about what they say.
_FUNCTION_WORDS = (
    "a an the of to in on at by for with from as is are was were be been being am and or but if then than that this "
    "these those it its he she they them his her their our we us you your i my me not no nor so do does did done have "
    "has had having will would can could may might shall should must there here when where which who whom whose what "
    "why how all any both each few more most other some such only own same too very just also into over under again "
    "further once during before after above below up down out off about between through while because until against "
    "it's i'm you're t s"
)
_FUNCTION = frozenset(_FUNCTION_WORDS.split())
_ABOUT_PASSAGES = frozenset(
    stems_of(
        "passages provided given based mentions mentioned mention according answer question information specific state "
        "states stated explicitly unable context text article"
    )
)
_CITED = re.compile(r"passages? (\d)", re.IGNORECASE)
_HEDGE = re.compile(
    r"unable to answer|not (?:\w+ly )?(?:mention|state|provide|specif|contain|clear|possible|include)"
    r"|does not|do not|cannot|no (?:information|mention|specific)|however",
    re.IGNORECASE,
)
_CONNECTIVE = re.compile(
    r"\W*(?:therefore|in conclusion|overall|in summary|thus|so,|to summarize|based on|according to|additionally|it is"
    r"|it's|please|note|by |for example|in contrast|these|this|remember|however|as such|hence)",
    re.IGNORECASE,
)
_OPENING = re.compile(r"\W*(?:based on|according to|sure|to |here)", re.IGNORECASE)
_ITEM = re.compile(r"\s*(?:\d+[.)]|[*•-])")
_PREFIX = 5


def rag(document: Document, words: Sequence[Offset]) -> Floats:
    """How far question and passages back every word of an answer: float32 [words, k], columns as in `RAG_NAMES`."""
    if not words:
        return np.zeros((0, len(RAG_NAMES)), np.float32)
    answer, source = _Answer.of(document, words), _Source.of(document)
    clauses = [clause for sentence in answer.sentences for clause in split_clauses(document.text, sentence)]
    in_clause, in_sentence = _places(words, clauses), _places(words, answer.sentences)
    of_clauses = _unit_rows(answer, in_clause, len(clauses), source)
    of_sentences = _unit_rows(answer, in_sentence, len(answer.sentences), source)
    columns = (
        _word_rows(answer, source),
        of_clauses[in_clause],
        of_sentences[in_sentence],
        _sentence_rows(answer, in_sentence, of_sentences, source)[in_sentence],
    )
    scaled = (np.concatenate(columns, axis=1) - _CENTRE) / _SPREAD
    return np.asarray(np.clip(scaled, -LIMIT, LIMIT), np.float32)


@dataclass(frozen=True, slots=True)
class _Answer:
    """The answer: its sentences, and per word the offset, stem and whether it is spoken (no punctuation)."""

    text: str
    words: Sequence[Offset]
    sentences: Sequence[Offset]
    stems: Sequence[str]
    spoken: NDArray[np.bool_]

    @classmethod
    def of(cls, document: Document, words: Sequence[Offset]) -> _Answer:
        text = document.text
        spoken = np.array([text[start].isalnum() for start, _ in words])
        return cls(text, words, split_sentences(text), [stem(text[start:end]) for start, end in words], spoken)


@dataclass(frozen=True, slots=True)
class _Source:
    """What an answer may rest on: stems of the question, of passages, of their sentences (content only), of pairs."""

    question: frozenset[str]
    passages: Sequence[frozenset[str]]
    sentences: Sequence[frozenset[str]]
    neighbours: Sequence[frozenset[str]]
    pairs: frozenset[tuple[str, str]]
    stems: frozenset[str]
    prefixes: frozenset[str]
    counts: Counter[str]

    @classmethod
    def of(cls, document: Document) -> _Source:
        passages = split_passages(document.contexts)
        stems = [stems_of(passage) for passage in passages]
        sentences = [
            frozenset(stems_of(passage[start:end])) - _FUNCTION
            for passage in passages
            for start, end in split_sentences(passage)
        ]
        known = frozenset(word for passage in stems for word in passage)
        return cls(
            frozenset(stems_of(document.question or "")),
            [frozenset(passage) for passage in stems],
            sentences,
            [left | right for left, right in pairwise(sentences)] or sentences,
            frozenset(pair for passage in stems for pair in pairwise(passage)),
            known,
            frozenset(word[:_PREFIX] for word in known if len(word) >= _PREFIX),
            Counter(word for sentence in sentences for word in sentence),
        )

    def knows(self, word: str) -> bool:
        """Whether passages or question have the stem, or the passages one that begins like it."""
        begins = len(word) > _PREFIX and word[:_PREFIX] in self.prefixes
        return begins or word in self.stems or word in self.question

    def weight(self, word: str) -> float:
        """Rare stems say more: inverse sentence frequency."""
        return math.log(2 * (len(self.sentences) + 1) / (2 * self.counts[word] + 1))


def _is_content(word: str) -> bool:
    return word not in _FUNCTION and (len(word) > 1 or word.isdigit())


def _word_rows(answer: _Answer, source: _Source) -> Floats:
    stems, spoken = answer.stems, answer.spoken
    known = np.array([source.knows(word) for word in stems]) | ~spoken
    content = np.array([_is_content(word) for word in stems]) & spoken
    missing = content & ~known
    number = np.array([word[:1].isdigit() for word in stems])
    new = np.array([word not in source.stems for word in stems])
    capital = np.array([answer.text[start].isupper() for start, _ in answer.words])
    joined = np.array([pair in source.pairs for pair in pairwise(stems)], np.bool_)
    columns = (
        known,
        [word in source.question for word in stems],
        content,
        missing,
        number,
        number & new,
        capital,
        capital & missing,
        spoken,
        np.concatenate([[False], joined]),
        np.concatenate([joined, [False]]),
        *(_share_nearby(missing, content, reach) for reach in (2, 5, 10)),
        [(end - start) / 10 for start, end in answer.words],
    )
    return np.stack([np.asarray(column, np.float32) for column in columns], axis=1)


def _share_nearby(missing: NDArray[np.bool_], content: NDArray[np.bool_], reach: int) -> Floats:
    """Share of the content words at most `reach` words away that are missing."""
    window = np.ones(2 * reach + 1)
    lost, all_ = (np.convolve(mask, window)[reach : reach + len(mask)] for mask in (missing, content))
    return np.asarray(lost / np.maximum(all_, 1), np.float32)


def _unit_rows(answer: _Answer, places: NDArray[np.int64], count: int, source: _Source) -> Floats:
    """A row per clause or sentence; `places` [words] says in which each word stands."""
    units: list[list[str]] = [[] for _ in range(count)]
    for place, word, spoken in zip(places.tolist(), answer.stems, answer.spoken.tolist(), strict=True):
        if spoken:
            units[place].append(word)
    return np.array([_unit_row(unit, source) for unit in units], np.float32)


def _unit_row(stems: Sequence[str], source: _Source) -> tuple[float, ...]:
    claims = [word for word in stems if _is_content(word) and word not in _ABOUT_PASSAGES]
    known = sum(map(source.knows, claims))
    pairs = list(pairwise(stems))
    weights = {word: source.weight(word) for word in claims}
    return (
        math.log1p(len(claims)),
        known / len(claims) if claims else 1.0,
        math.log1p(len(claims) - known),
        sum(pair in source.pairs for pair in pairs) / len(pairs) if pairs else 1.0,
        _best_match(weights, source.sentences),
        _best_match(weights, source.neighbours),
        _best_match(weights, source.passages),
        _best_match(weights, [source.stems]),
        min(3.0, sum(word[:1].isdigit() and word not in source.stems for word in stems)),
        sum(word in _ABOUT_PASSAGES for word in stems) / max(1, len(stems)),
        sum(word in source.question for word in claims) / max(1, len(claims)),
    )


def _best_match(weights: dict[str, float], candidates: Sequence[frozenset[str]]) -> float:
    """Largest share of the weight of the claimed stems that one candidate has; 1 where nothing is claimed."""
    total = sum(weights.values())
    if not total:
        return 1.0
    return max((sum(weights[word] for word in weights if word in one) for one in candidates), default=0.0) / total


def _sentence_rows(answer: _Answer, places: NDArray[np.int64], units: Floats, source: _Source) -> Floats:
    known, best, last = units[:, 1], units[:, 4], len(answer.sentences) - 1
    rows = []
    for index, (start, end) in enumerate(answer.sentences):
        sentence = answer.text[start:end]
        before, after = max(index - 1, 0), min(index + 1, last)
        form = (_HEDGE.search(sentence), _CONNECTIVE.match(sentence), _OPENING.match(sentence), _ITEM.match(sentence))
        rows.append(
            (
                index / max(1, last),
                index == 0,
                index == last,
                *(match is not None for match in form),
                sentence.rstrip().endswith(":"),
                _CITED.search(sentence) is not None,
                _cited_share(sentence, source),
                known[before] if index else 1.0,
                known[after] if index < last else 1.0,
                best[before] if index else 1.0,
                best[after] if index < last else 1.0,
                known[index] - known.mean(),
                best[index] - best.mean(),
            )
        )
    return np.array(rows, np.float32)


def _cited_share(sentence: str, source: _Source) -> float:
    """Share of a sentence's claims that the passage it cites by number has; 1 where it cites none."""
    cited = _CITED.search(sentence)
    if cited is None or not 0 < int(cited[1]) <= len(source.passages):
        return 1.0
    stems = [word for word in stems_of(sentence) if _is_content(word) and not word.isdigit()]
    claims = [word for word in stems if word not in _ABOUT_PASSAGES]
    return sum(word in source.passages[int(cited[1]) - 1] for word in claims) / max(1, len(claims))


def _places(words: Sequence[Offset], units: Sequence[Offset]) -> NDArray[np.int64]:
    """In which unit each word begins; units cover the text in order."""
    starts = np.array([start for start, _ in units])
    return np.searchsorted(starts, [start for start, _ in words], side="right") - 1


_ALL_SCALES = (
    *(("word", *scale) for scale in WORD_SCALES),
    *(("clause", *scale) for scale in UNIT_SCALES),
    *(("sentence", *scale) for scale in UNIT_SCALES),
    *(("sentence", *scale) for scale in SENTENCE_SCALES),
)
RAG_NAMES = tuple(f"{unit} {name}" for unit, name, _, _ in _ALL_SCALES)
"""What the columns of `rag` hold, in order."""

_CENTRE = np.array([centre for _, _, centre, _ in _ALL_SCALES], np.float32)
_SPREAD = np.array([spread for _, _, _, spread in _ALL_SCALES], np.float32)
