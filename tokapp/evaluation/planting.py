"""Wrong suggestions that are planted to see whether people look before they accept: which, and in which documents.

Everything follows from a seed made of project and document, so that a second run plants the same.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Literal, TypeAlias

from tokapp.documents import Document, Offset, Span
from tokapp.words import split_words

PlantKind: TypeAlias = Literal["wrong label", "shifted edge", "stray word"]
MARK = "planted:"
"""An origin that begins so is that of a planted suggestion."""

_BEFORE_NOUNS = frozenset("the a an this that these those my your our their its his her no any some every each".split())  # noqa: SIM905
_NOT_NOUNS = ("ly", "ing", "ed")
_LEAST, _MOST = 0.5, 0.95


@dataclass(frozen=True, slots=True)
class Plant:
    """A wrong suggestion: the span with the score it is shown with, and in which way it is wrong."""

    span: Span
    kind: PlantKind


def seed_of(project: str, document: str) -> str:
    """The seed of a document in a project, as a hexadecimal digest."""
    return sha256(f"{project}\n{document}".encode()).hexdigest()


def is_chosen(seed: str, share: float) -> bool:
    """Whether a document is among the `share` of all in which something is planted."""
    return int(seed[:12], 16) / 16**12 < share


def is_planted(span: Span) -> bool:
    """Whether a span stems from a planted suggestion."""
    return span.origin.startswith(MARK)


def without_plants(document: Document) -> Document:
    """The document without planted spans; one that has any is not finished."""
    own = tuple(span for span in document.spans if not is_planted(span))
    return document if len(own) == len(document.spans) else replace(document, spans=own, is_reviewed=False)


def plant_in(text: str, suggestions: Sequence[Span], labels: Sequence[str], *, seed: str) -> Plant | None:
    """A wrong suggestion for a text: another label, an edge a word off, or a word that nobody suggested.

    Made from a model's `suggestions` where there are any; None if nothing plausible can be made.
    """
    if not labels:
        return None
    draw = random.Random(int(seed, 16))
    makers = list(_MAKERS.items())
    draw.shuffle(makers)
    known = {span.key for span in suggestions}
    for kind, make in makers:
        found = [span for span in make(text, suggestions, labels) if span.key not in known]
        if found:
            span = draw.choice(found)
            score = span.score if span.score is not None else round(draw.uniform(_LEAST, _MOST), 4)
            return Plant(Span(span.start, span.end, span.label, score, MARK + kind), kind)
    return None


def _wrong_labels(text: str, suggestions: Sequence[Span], labels: Sequence[str]) -> list[Span]:
    return [
        Span(span.start, span.end, label, span.score) for span in suggestions for label in labels if label != span.label
    ]


def _shifted_edges(text: str, suggestions: Sequence[Span], labels: Sequence[str]) -> list[Span]:
    """Each suggestion with an edge one word further out or in, where that meets no other suggestion."""
    words = split_words(text)
    found = []
    for span in suggestions:
        others = [one for one in suggestions if one.key != span.key]
        for start, end in _shifts(words, span):
            moved = Span(start, end, span.label, span.score)
            if not any(moved.overlaps(one) for one in others):
                found.append(moved)
    return found


def _shifts(words: Sequence[Offset], span: Span) -> list[Offset]:
    inside = [word for word in words if word[0] >= span.start and word[1] <= span.end]
    before = [word for word in words if word[1] <= span.start][-1:]
    after = [word for word in words if word[0] >= span.end][:1]
    found = [(word[0], span.end) for word in before] + [(span.start, word[1]) for word in after]
    if len(inside) > 1:
        found += [(inside[1][0], span.end), (span.start, inside[-2][1])]
    return found


def _stray_words(text: str, suggestions: Sequence[Span], labels: Sequence[str]) -> list[Span]:
    """Words that look like nouns and that no suggestion meets; those after an article or the like, if there are any."""
    words = split_words(text)
    taken = [(one.start, one.end) for one in suggestions]
    free = [at for at, (a, b) in enumerate(words) if not any(a < end and start < b for start, end in taken)]
    nouns = [at for at in free if _is_like_a_noun(text[slice(*words[at])])]
    led = [at for at in nouns if at and text[slice(*words[at - 1])].lower() in _BEFORE_NOUNS]
    return [Span(*words[at], label) for at in led or nouns for label in labels]


def _is_like_a_noun(word: str) -> bool:
    return len(word) >= 4 and word.isalpha() and not word.lower().endswith(_NOT_NOUNS)


_MAKERS: dict[PlantKind, Callable[[str, Sequence[Span], Sequence[str]], list[Span]]] = {
    "wrong label": _wrong_labels,
    "shifted edge": _shifted_edges,
    "stray word": _stray_words,
}
