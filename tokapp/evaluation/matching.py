"""When a predicted span counts as right: the same place, the same lemmas, the same words, or any shared character."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from functools import lru_cache
from typing import Literal, TypeAlias

from tokapp.documents import Span
from tokapp.evaluation.spans import Counts, exact_counts, overlap_counts
from tokapp.words import split_words

Match: TypeAlias = Literal["exact", "lemma", "words", "overlap"]

MATCHES: dict[Match, str] = {
    "exact": "the same start, end and label",
    "lemma": "the same words in their base form and the same label, anywhere in the same document",
    "words": "as many words, the same ones in any order, and the same label, anywhere in the same document",
    "overlap": "at least one shared character and the same label",
}
"""Every way of matching with what it asks for, from the strictest to the most lenient one for most texts."""


def match_counts(text: str, gold: Sequence[Span], predicted: Sequence[Span], match: Match) -> Counts:
    """Counts of one document under a way of matching.

    "words" is how the SAFE replication judges a review: a predicted feature is right if some unused true one of the
    same review has the same number of words and the same set of words. "lemma" asks for the same lemmas in order. Both
    are one to one and do not look at places. They ignore case. "overlap" is the lenient reading of `overlap_scores`.
    """
    if match == "exact":
        return exact_counts(gold, predicted)
    if match == "overlap":
        return overlap_counts(gold, predicted)
    key = _lemmas if match == "lemma" else _word_set
    there = Counter((span.label, key(text[span.start : span.end])) for span in gold)
    said = Counter((span.label, key(text[span.start : span.end])) for span in predicted)
    right = (there & said).total()
    return Counts(right, said.total(), right, there.total())


def _lemmas(surface: str) -> Hashable:
    return tuple(lemma(word) for word in words_of(surface))


def _word_set(surface: str) -> Hashable:
    words = words_of(surface)
    return len(words), frozenset(words)


def words_of(surface: str) -> list[str]:
    """The words of a piece of text without regard to case."""
    return [surface[start:end].casefold() for start, end in split_words(surface)]


@lru_cache(maxsize=65536)
def lemma(word: str) -> str:
    """The English base form of a word by simplemma's dictionary and rules; a word that it does not know stays.

    Stands in for the lemmas of Stanza that T-FREX's files carry: no model has to be loaded for it.
    """
    import simplemma

    return str(simplemma.lemmatize(word, lang="en")).casefold()
