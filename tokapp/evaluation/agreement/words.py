"""Words as units of coding: which class each person gave to each word."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

from tokapp.documents import Offset, Span
from tokapp.evaluation.agreement.values import Study
from tokapp.words import split_words

Class: TypeAlias = tuple[str, ...]
"""The labels that a word lies under, sorted; empty outside of all spans. A word under two labels is a class of its own,
so that nested and overlapping spans need no rule for which label wins."""


def word_classes(text: str, spans: Sequence[Span]) -> list[Class]:
    """The class of every word of a text in reading order; a word lies under a span when they share a character."""
    words = _words(text)
    ends, starts = [end for _, end in words], [start for start, _ in words]
    found: list[set[str]] = [set() for _ in words]
    for span in spans:
        for index in range(bisect_right(ends, span.start), bisect_left(starts, span.end)):
            found[index].add(span.label)
    return [tuple(sorted(labels)) for labels in found]


def coded_words(study: Study, *, least: int = 2) -> dict[str, list[Class | None]]:
    """The classes of all words of the documents that at least `least` persons annotated, one list per person.

    The lists are of equal length, with documents in order of their ids; None where the person did not annotate.
    """
    keys = study.shared(study.persons, least=least)
    return {name: _codes(study.texts, study.annotations[name], keys) for name in study.persons}


def _codes(texts: Mapping[str, str], found: Mapping[str, tuple[Span, ...]], keys: Sequence[str]) -> list[Class | None]:
    codes: list[Class | None] = []
    for key in keys:
        spans = found.get(key)
        codes += [None] * len(_words(texts[key])) if spans is None else word_classes(texts[key], spans)
    return codes


@lru_cache(maxsize=4096)
def _words(text: str) -> list[Offset]:
    """Cached, because every pair, label and period asks for the words of the same texts."""
    return split_words(text)
