"""Sentences, clauses and stems by rule: good enough to compare an answer with its passages, and nothing to load."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from tokapp.documents import Offset
from tokapp.words import split_words

SHORTEST_CLAUSE = 4
"""Words below which a clause is joined to its neighbour."""

_SENTENCE_END = re.compile(r"\n+|(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]?[^\W_a-z]|[*•-])")
_BARE_ITEM = re.compile(r"\s*(?:\d+[.)]|[*•-]|passage \d+:?)\s*", re.IGNORECASE)
_CLAUSE_END = re.compile(r"[,;:()]\s|\s(?=(?:and|but|which|while|whereas|because|or)\s)")
_PASSAGE_MARK = re.compile(r"passage \d+:", re.IGNORECASE)
_SUFFIX = re.compile(r"(?<=...)(?:ingly|edly|ations?|ments?|ness|ings?|ie[sdr]|er|ers|ors?|ally|ly|ed|es|s|e|y)$")
_NUMBER_NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMBERS = {name: str(value) for value, name in enumerate(_NUMBER_NAMES)}


def split_sentences(text: str) -> list[Offset]:
    """Sentences and lines of a text that together cover it; a bare "1." or "Passage 2:" belongs to what follows."""
    cuts = [0, *(match.end() for match in _SENTENCE_END.finditer(text)), len(text)]
    sentences: list[Offset] = []
    for start, end in pairwise(cuts):
        if sentences and (start == end or not text[start:end].strip() or _is_bare(text, sentences[-1])):
            sentences[-1] = (sentences[-1][0], end)
        elif start < end:
            sentences.append((start, end))
    return sentences


def split_clauses(text: str, sentence: Offset) -> list[Offset]:
    """Clauses of a sentence, cut at commas, colons, brackets and conjunctions; together they cover the sentence."""
    cuts = [sentence[0], *(match.end() for match in _CLAUSE_END.finditer(text, *sentence)), sentence[1]]
    clauses: list[Offset] = []
    for start, end in pairwise(cuts):
        pieces = [text[start:end], *(text[slice(*last)] for last in clauses[-1:])]
        if clauses and min(len(piece.split()) for piece in pieces) < SHORTEST_CLAUSE:
            clauses[-1] = (clauses[-1][0], end)
        elif start < end:
            clauses.append((start, end))
    return clauses


def split_passages(contexts: Sequence[str]) -> list[str]:
    """Single passages; a context that holds several behind "passage 1:" marks is taken apart."""
    return [passage for context in contexts for passage in _PASSAGE_MARK.split(context) if passage.strip()]


def stem(word: str) -> str:
    """A word without case and English endings, number words as digits: "Cities" and "city" have one stem."""
    lower = word.lower().removesuffix("'s").removesuffix("’s")
    if lower in _NUMBERS:
        return _NUMBERS[lower]
    if len(lower) <= 3 or lower.isdigit():
        return lower
    short = _SUFFIX.sub("", lower, count=1)
    if len(short) > 3 and short[-1] == short[-2] and short[-1] not in "ls":
        short = short[:-1]
    return short[:-1] if len(short) > 3 and short.endswith("i") else short


def stems_of(text: str) -> list[str]:
    """Stems of the words of a text that begin with a letter or digit, in reading order."""
    return [stem(text[start:end]) for start, end in split_words(text) if text[start].isalnum()]


def _is_bare(text: str, sentence: Offset) -> bool:
    return _BARE_ITEM.fullmatch(text, *sentence) is not None
