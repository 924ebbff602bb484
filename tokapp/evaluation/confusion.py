"""Words as units: which label people gave them, which the model gave them, and true figures per word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tokapp.documents import NOTHING
from tokapp.evaluation.agreement.words import word_classes
from tokapp.evaluation.cases import Case
from tokapp.evaluation.spans import Counts, Scores


@dataclass(frozen=True, slots=True, eq=False)
class Confusion:
    """How often a thing of one class (row) was given another one (column); `classes` names both."""

    classes: tuple[str, ...]
    counts: NDArray[np.int64]

    def scores(self, name: str) -> Scores:
        """Precision, recall and F1 of one class."""
        place = self.classes.index(name)
        right = int(self.counts[place, place])
        return Counts(right, int(self.counts[:, place].sum()), right, int(self.counts[place].sum())).scores


def word_confusion(cases: Sequence[Case], labels: Sequence[str]) -> Confusion:
    """Words by people's label (rows) and the model's (columns), O first.

    Unlike the "token level" of published tables, which is often seqeval's count of whole spans, each word counts alone.
    A word under several labels counts once for each: what both sides gave it on the diagonal, what is left over on
    one side against what is left over on the other, or against O.
    """
    classes = (NOTHING, *dict.fromkeys([*labels, *sorted(_used(cases))]))
    places = {name: place for place, name in enumerate(classes)}
    counts = np.zeros((len(classes), len(classes)), np.int64)
    for case in cases:
        pairs = zip(word_classes(case.text, case.gold), word_classes(case.text, case.predicted), strict=True)
        for gold, predicted in pairs:
            for row, column in _cells(set(gold), set(predicted)):
                counts[places[row], places[column]] += 1
    return Confusion(classes, counts)


def document_confusion(cases: Sequence[Case]) -> Confusion:
    """Documents by people's label (rows) and the model's (columns); those without either are left out."""
    found = [(case.document.label, case.prediction.label) for case in cases]
    pairs = [(gold, said) for gold, said in found if gold is not None and said is not None]
    classes = tuple(sorted({name for pair in pairs for name in pair}))
    counts = np.zeros((len(classes), len(classes)), np.int64)
    for gold, said in pairs:
        counts[classes.index(gold), classes.index(said)] += 1
    return Confusion(classes, counts)


def _used(cases: Iterable[Case]) -> set[str]:
    return {span.label for case in cases for span in (*case.gold, *case.predicted)}


def _cells(gold: set[str], predicted: set[str]) -> Iterator[tuple[str, str]]:
    if not gold and not predicted:
        yield NOTHING, NOTHING
        return
    for label in gold & predicted:
        yield label, label
    missed, added = gold - predicted, predicted - gold
    if missed and added:
        yield from ((row, column) for row in missed for column in added)
    else:
        yield from ((label, NOTHING) for label in missed)
        yield from ((NOTHING, label) for label in added)
