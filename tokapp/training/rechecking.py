"""Labels that a training did not learn, which are worth another look: the other use of ssToken's losses.

Its learnability is by how much a word's loss fell. Alone it does not tell labels that were never learnt from those that
were known before, so the order here is ours: by how little the trained model believes a label.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor

from tokapp.documents import Document, Json
from tokapp.training.examples import IGNORED, Example

_EVEN = math.log(2)
"""The loss of a label that is as likely as not."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A label that was not learnt: where it is, what it says ("" for no label), and how it did.

    `document` is the document's id, `hash` that of its content.
    `learnt` is by how much its loss fell in training (nats; the least of its words), `likely` the probability that the
    trained model gives it (the least of its words).
    """

    document: str
    hash: str
    start: int
    end: int
    label: str
    learnt: float
    likely: float

    def as_json(self) -> dict[str, Json]:
        """As it stands in the metrics of a version."""
        return {
            "document": self.document,
            "hash": self.hash,
            "start": self.start,
            "end": self.end,
            "label": self.label,
            "learnt": round(self.learnt, 4),
            "likely": round(self.likely, 4),
        }


def doubted(
    documents: Sequence[Document],
    examples: Sequence[Example],
    classes: Sequence[str],
    *,
    before: Sequence[Tensor],
    after: Sequence[Tensor],
    limit: int,
) -> list[Doubt]:
    """The `limit` least likely labels of those that the trained model takes for less likely than not.

    `before` and `after` are the losses of every example's words [words] before and after the training. Neighbouring
    words of one label are one entry.
    """
    found = [
        doubt
        for example, old, new in zip(examples, before, after, strict=True)
        for doubt in _of_row(documents[example.row.document], example, classes, old.tolist(), new.tolist())
    ]
    return sorted(found, key=lambda doubt: (doubt.likely, doubt.document, doubt.start))[:limit]


def _of_row(
    document: Document, example: Example, classes: Sequence[str], before: Sequence[float], after: Sequence[float]
) -> Iterator[Doubt]:
    open_doubt: Doubt | None = None
    last = -1
    for place, old, new in zip(np.flatnonzero(example.tokens != IGNORED).tolist(), before, after, strict=True):
        word = int(np.flatnonzero(example.row.word_index == place)[0])
        name, (start, end) = classes[example.tokens[place]], example.row.words[word]
        label, goes_on = name[2:], open_doubt is not None and word == last + 1 and name[:2] not in ("B-", "S-")
        if new <= _EVEN:
            continue
        last, doubt = word, Doubt(document.id, document.hash, start, end, label, old - new, math.exp(-new))
        if goes_on and open_doubt is not None and open_doubt.label == label:
            least = min(open_doubt.learnt, doubt.learnt), min(open_doubt.likely, doubt.likely)
            open_doubt = replace(open_doubt, end=end, learnt=least[0], likely=least[1])
            continue
        if open_doubt is not None:
            yield open_doubt
        open_doubt = doubt
    if open_doubt is not None:
        yield open_doubt
