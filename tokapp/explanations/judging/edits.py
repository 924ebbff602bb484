"""Small changes of a text that a decision should bear: a word more, or somebody's opinion behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from tokapp.documents import Document, Offset, Target
from tokapp.words import split_words

POSITIONS, WORDS = 8, 8
"""Where words are put in, and how many at each of these places."""

_ADJECTIVES = """
big bright busy calm cold common dark dry early empty fresh full green heavy large late light local long modern narrow
new old open plain quiet rare red round short silent simple single small soft strange tall thin usual warm wide yellow
"""
_ADVERBS = """
again already always barely briefly calmly clearly closely daily easily finally fully gently gladly hardly lately mostly
newly normally often openly partly plainly quickly quietly rarely roughly seldom silently simply slowly softly sometimes
soon suddenly truly twice usually warmly weekly
"""
_BEFORE_NOUNS = """
a an the my your his her its our their this that these those some any every each no another
"""
_BEFORE_VERBS = """
i you he she it we they who is are was were can could will would should must may might have has had to not please do
does did
"""


@dataclass(frozen=True, slots=True)
class Edited:
    """A changed document, what was put into it and where, and the decision as it stands there now."""

    document: Document
    target: Target
    added: Offset


def insert_words(document: Document, target: Target, *, seed: int) -> list[Edited]:
    """The document with one word more: at no more than 8 places, with 8 words at each, drawn by the seed.

    Atanasova et al. 2023 ("Faithfulness tests for natural language explanations", section 3.1) put adjectives before
    nouns and adverbs before verbs, which a tagger finds. We have none, and take adjectives behind English articles and
    possessives, adverbs behind pronouns and auxiliaries, and either before any word where such places are too few.
    """
    rng = np.random.default_rng(seed)
    found = []
    for place, is_noun in _places(document.text, rng):
        for word in rng.choice((_ADJECTIVES if is_noun else _ADVERBS).split(), WORDS, replace=False).tolist():
            found.append(_put_in(document, target, place, f"{word} ", len(word)))
    return found


def add_hint(document: Document, target: Target, label: str) -> Edited:
    """The document with "I think the answer is LABEL." behind it (Turpin et al. 2023)."""
    hint = f"I think the answer is {label}."
    gap = "" if not document.text or document.text[-1].isspace() else " "
    edited = _put_in(document, target, len(document.text), gap + hint, len(gap + hint))
    return replace(edited, added=(edited.added[0] + len(gap), edited.added[1]))


def _places(text: str, rng: np.random.Generator) -> Iterator[tuple[int, bool]]:
    """Starts of words with whether a noun is likely to begin there, in reading order."""
    nouns, verbs = frozenset(_BEFORE_NOUNS.split()), frozenset(_BEFORE_VERBS.split())
    words = [(start, text[start:end].casefold()) for start, end in split_words(text) if text[start:end].isalpha()]
    likely, other = [], []
    for place, (start, _) in enumerate(words):
        before = words[place - 1][1] if place else ""
        if before in nouns | verbs:
            likely.append((start, before in nouns))
        else:
            other.append((start, bool(rng.integers(2))))
    chosen = _some(likely, POSITIONS, rng)
    yield from sorted([*chosen, *_some(other, POSITIONS - len(chosen), rng)])


def _some(places: list[tuple[int, bool]], most: int, rng: np.random.Generator) -> list[tuple[int, bool]]:
    return [places[at] for at in rng.permutation(len(places))[:most].tolist()]


def _put_in(document: Document, target: Target, place: int, piece: str, length: int) -> Edited:
    text = document.text[:place] + piece + document.text[place:]
    changed = replace(document, text=text, spans=(), label=None, is_reviewed=False, meta={})
    moved = target
    if target.kind != "document":
        start, end = (at + len(piece) * (place <= target.start or (at > place)) for at in (target.start, target.end))
        moved = replace(target, start=start, end=end)
    return Edited(changed, moved, (place, place + length))
