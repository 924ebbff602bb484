"""Changing a text by hand: words struck or replaced, and what the model says about it then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tokapp.documents import Offset, Prediction, Span, Target


@dataclass(frozen=True, slots=True)
class Edited:
    """A text after an edit; `places` says where each of the original `words` stands now, None where it was struck."""

    text: str
    words: tuple[Offset, ...]
    places: tuple[Offset | None, ...]

    def forth(self, span: Span) -> Span | None:
        """A span of the original where it stands now; None once none of its words is left."""
        here = [
            place
            for (start, end), place in zip(self.words, self.places, strict=True)
            if place is not None and start < span.end and end > span.start
        ]
        return replace(span, start=here[0][0], end=here[-1][1]) if here else None

    def back(self, span: Span) -> Span | None:
        """A span of the edited text where it stood in the original; None if it lies in no word."""
        there = [
            word
            for word, place in zip(self.words, self.places, strict=True)
            if place is not None and place[0] < span.end and place[1] > span.start
        ]
        return replace(span, start=there[0][0], end=there[-1][1]) if there else None


@dataclass(frozen=True, slots=True)
class Changes:
    """Spans before and after an edit, all where they stand in the original."""

    kept: tuple[Span, ...]
    appeared: tuple[Span, ...]
    vanished: tuple[Span, ...]


def edit(text: str, words: Sequence[Offset], edits: Mapping[int, str]) -> Edited:
    """The text with another one in place of each word that `edits` names by its index; an empty one strikes it.

    With a struck word goes one blank beside it, so that none is doubled.
    """
    written, places, position = "", list[Offset | None](), 0
    for index, (start, end) in enumerate(words):
        written += text[position:start]
        position = end
        now = edits.get(index, text[start:end])
        places.append((len(written), len(written) + len(now)) if now else None)
        written += now
        is_apart = not written or written[-1].isspace()
        if not now and is_apart and text[end : end + 1].isspace():
            position += 1
    return Edited(written + text[position:], tuple(words), tuple(places))


def compare(edited: Edited, before: Iterable[Span], after: Iterable[Span]) -> Changes:
    """Which spans an edit left, made and ended; `after` are those of the edited text."""
    old = {span.key: span for span in before}
    new = {span.key: span for one in after if (span := edited.back(one)) is not None}
    return Changes(
        kept=tuple(sorted(new[key] for key in new.keys() & old.keys())),
        appeared=tuple(sorted(new[key] for key in new.keys() - old.keys())),
        vanished=tuple(sorted(old[key] for key in old.keys() - new.keys())),
    )


def probability_of(prediction: Prediction, target: Target) -> float | None:
    """How probable a decision is: of a document its label's, of a span the mean over its words; None if unknown."""
    if target.kind == "document":
        return prediction.document_scores.get(target.label)
    return word_probability(prediction, target.label, (target.start, target.end))


def word_probability(prediction: Prediction, label: str, place: Offset) -> float | None:
    """The mean probability of a label over the words in [start, end); None without any, or if none is known."""
    scores = prediction.words
    columns = [] if scores is None else [at for at, name in enumerate(scores.classes) if label in (name, name[2:])]
    if scores is None or not columns:
        return None
    inside = (scores.offsets[:, 0] < place[1]) & (scores.offsets[:, 1] > place[0])
    if not inside.any():
        return None
    return float(np.mean(scores.probabilities[inside][:, columns].sum(axis=1)))
