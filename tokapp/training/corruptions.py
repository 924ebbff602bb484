"""Answers made wrong on purpose: supported answers in which known pieces lose their support.

People mark few unsupported spans, so training sets for answers over passages are grown here. Every function takes a
document without spans and a random generator and gives a new document whose spans cover exactly what was changed, or
None when the document offers nothing to change. The text outside of the spans is the source's, character for character.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeAlias

from tokapp.documents import Document, Offset, Span
from tokapp.models.sentences import split_passages, split_sentences, stems_of

LABEL = "unsupported"

_NAME = re.compile(r"(?<![.!?:\n] )(?<=[^\W_] )[A-Z][^\W\d_]{2,}(?: [A-Z][^\W\d_]{2,})*")
_WORD = re.compile(r"\b[a-z]{5,}\b")
_NUMBER = re.compile(r"(?<![\w.,/])\d{1,4}(?![\w/]|[.,]\d)")
_VERB = re.compile(r"\b(?:is|are|was|were|can|will|should|does|do|has)\b(?! not\b| no\b|n['’]t)")
_LONGEST = 160
_LOST = 0.5


@dataclass(frozen=True, slots=True)
class Edit:
    """Characters [start, end) of a text give way to `new`; an empty range inserts."""

    start: int
    end: int
    new: str


Corruption: TypeAlias = Callable[[Document, Sequence[Document], random.Random], "Document | None"]
"""(supported document, other documents to borrow from, generator) -> wrong document, or None."""


def grow(documents: Sequence[Document], *, copies: int, seed: int) -> list[Document]:
    """Up to `copies` wrong versions of every document without spans; the same seed gives the same documents.

    Kinds take turns in random order; a kind that finds nothing in a document is passed over.
    """
    sources = [document for document in documents if document.is_reviewed and not document.spans]
    made: list[Document] = []
    for document in sources:
        rng = random.Random(f"{seed}:{document.id}")
        kinds = rng.sample(list(KINDS), len(KINDS))
        found = ((kind, KINDS[kind](document, sources, rng)) for kind in kinds)
        wrong = (_named(one, document, kind) for kind, one in found if one is not None)
        made += islice(wrong, copies)
    return made


def swap_numbers(document: Document, _: Sequence[Document], rng: random.Random) -> Document | None:
    """Change one or two numbers of the answer to numbers that stand nowhere in the passages."""
    seen = set(re.findall(r"\d+", " ".join(document.contexts)))
    places = [match.span() for match in _NUMBER.finditer(document.text) if not _is_item(document.text, match)]
    chosen = rng.sample(places, min(len(places), rng.randint(1, 2)))
    return _edited(document, [Edit(a, b, _other_number(document.text[a:b], seen, rng)) for a, b in chosen])


def swap_names(document: Document, others: Sequence[Document], rng: random.Random) -> Document | None:
    """Put the name of another answer in the place of one of this answer's names."""
    names = sorted({name for other in others for name in _NAME.findall(other.text)} - set(_known_names(document)))
    places = [match.span() for match in _NAME.finditer(document.text)]
    return _edited(document, [Edit(*rng.choice(places), rng.choice(names))]) if places and names else None


def swap_words(document: Document, others: Sequence[Document], rng: random.Random) -> Document | None:
    """Replace one to three content words by words of another answer that the passages do not know."""
    known = set(stems_of(" ".join((document.question or "", *document.contexts))))
    words = [word for word in _WORD.findall(rng.choice(others).text) if known.isdisjoint(stems_of(word))]
    places = [match.span() for match in _WORD.finditer(document.text) if not known.isdisjoint(stems_of(match[0]))]
    chosen = rng.sample(places, min(len(places), rng.randint(1, 3)))
    return _edited(document, [Edit(*place, rng.choice(words)) for place in chosen]) if words else None


def negate(document: Document, _: Sequence[Document], rng: random.Random) -> Document | None:
    """Turn one statement into its contrary; the span is the verb with its "not"."""
    places = [match for match in _VERB.finditer(document.text) if _is_claim(document, match.start())]
    if not places:
        return None
    verb = rng.choice(places)
    return _edited(document, [Edit(verb.start(), verb.end(), f"{verb[0]} not")])


def insert_sentence(document: Document, others: Sequence[Document], rng: random.Random) -> Document | None:
    """Move a sentence of an answer to another question into this answer."""
    other = rng.choice(others)
    if other.contexts == document.contexts:
        return None
    pieces = [other.text[a:b].strip() for a, b in split_sentences(other.text)]
    fitting = [piece for piece in pieces if 40 <= len(piece) <= _LONGEST and piece.endswith(".")]
    ends = [end for _, end in split_sentences(document.text) if document.text[end - 1].isspace()]
    if not fitting or not ends:
        return None
    place, piece = rng.choice(ends), rng.choice(fitting)
    wrong = _edited(document, [Edit(place, place, f"{piece} ")])
    return wrong and replace(wrong, spans=(replace(wrong.spans[0], end=wrong.spans[0].end - 1),))


def remove_evidence(document: Document, _: Sequence[Document], rng: random.Random) -> Document | None:
    """Take what one sentence of the answer rests on out of the passages; the answer's text stays as it is.

    Spans are the sentences that lose at least half of their best match with a sentence of the passages.
    """
    sentences = [_trimmed(document.text, *offset) for offset in split_sentences(document.text)]
    long = [offset for offset in sentences if offset[1] - offset[0] >= 40]
    if len(sentences) < 2 or not long:
        return None
    chosen = set(stems_of(document.text[slice(*rng.choice(long))]))
    contexts = tuple(_without(passage, chosen) for passage in split_passages(document.contexts))
    changed = replace(document, contexts=contexts)
    lost = [offset for offset in sentences if _match(changed, offset) <= _LOST * _match(document, offset)]
    if not lost or len(lost) > len(sentences) // 2:
        return None
    return _with_spans(changed, lost)


KINDS: dict[str, Corruption] = {
    "numbers": swap_numbers,
    "names": swap_names,
    "words": swap_words,
    "negation": negate,
    "sentence": insert_sentence,
    "evidence": remove_evidence,
}
"""Every way of making an answer wrong, by name."""


def _edited(document: Document, edits: Sequence[Edit]) -> Document | None:
    """The document after `edits` (not overlapping), with a span over every piece that is new."""
    text, spans, last = "", [], 0
    for edit in sorted(edits, key=lambda edit: edit.start):
        text += document.text[last : edit.start]
        spans.append((len(text), len(text) + len(edit.new)))
        text, last = text + edit.new, edit.end
    return _with_spans(replace(document, text=text + document.text[last:]), spans) if spans else None


def _with_spans(document: Document, offsets: Sequence[Offset]) -> Document:
    spans = tuple(Span(start, end, LABEL) for start, end in sorted(offsets))
    return replace(document, spans=spans, label="hallucinated")


def _named(wrong: Document, source: Document, kind: str) -> Document:
    return replace(wrong, id=f"{source.id}-{kind}", meta={**source.meta, "corruption": kind})


def _other_number(old: str, seen: set[str], rng: random.Random) -> str:
    low, high = (1, 20) if len(old) == 1 else (10 ** (len(old) - 1), 10 ** len(old) - 1)
    near = int(old) if len(old) == 4 else 0
    low, high = (max(low, near - 60), min(high, near + 60)) if near else (low, high)
    free = [str(value) for value in range(low, high + 1) if str(value) not in seen and str(value) != old]
    return rng.choice(free) if free else f"{old}0"


def _is_item(text: str, match: re.Match[str]) -> bool:
    """Whether a number counts list items or passages and claims nothing."""
    line = text.rfind("\n", 0, match.start()) + 1
    return not text[line : match.start()].strip() or text[: match.start()].lower().endswith("passage ")


def _is_claim(document: Document, place: int) -> bool:
    """Whether the sentence at `place` says something that the passages say, not something about the passages."""
    sentence = next(offset for offset in split_sentences(document.text) if offset[0] <= place < offset[1])
    return _match(document, sentence) >= _LOST


def _known_names(document: Document) -> list[str]:
    return _NAME.findall(" ".join((document.text, *document.contexts)))


def _match(document: Document, offset: Offset) -> float:
    """Share of the sentence's stems in the sentence of the passages that has most of them."""
    wanted = set(stems_of(document.text[slice(*offset)]))
    passages = split_passages(document.contexts)
    sentences = [set(stems_of(passage[a:b])) for passage in passages for a, b in split_sentences(passage)]
    return max((len(wanted & sentence) for sentence in sentences), default=0) / max(1, len(wanted))


def _without(passage: str, wanted: set[str]) -> str:
    """The passage without the sentences that share a third or more of the wanted stems."""
    kept = [
        passage[a:b] for a, b in split_sentences(passage) if len(wanted & set(stems_of(passage[a:b]))) < len(wanted) / 3
    ]
    return "".join(kept)


def _trimmed(text: str, start: int, end: int) -> Offset:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip())
