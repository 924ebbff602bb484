"""May a model take over: on documents that stay the same, no label may lose more than a margin of F1."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tokapp.documents import Document, Prediction
from tokapp.evaluation.documents import label_scores
from tokapp.evaluation.spans import exact_scores
from tokapp.tasks import Task

MARGIN = 0.02
"""How much F1 a label may lose unless a project chose otherwise."""
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class LabelChange:
    """F1 of a label before and after, from 0 to 1; `support` is how often people gave it.

    Spans count where start, end and label are people's; `is_of_whole` says that it is a label of whole documents.
    """

    label: str
    is_of_whole: bool
    support: int
    before: float
    after: float

    @property
    def loss(self) -> float:
        """How much F1 goes; negative where some comes."""
        return self.before - self.after


@dataclass(frozen=True, slots=True)
class Gate:
    """What every label gains or loses, and how much each may lose."""

    margin: float
    labels: tuple[LabelChange, ...]

    @property
    def failing(self) -> tuple[LabelChange, ...]:
        """The labels that lose more than they may."""
        return tuple(one for one in self.labels if one.loss > self.margin + _ROUNDING)

    @property
    def is_passed(self) -> bool:
        """Whether no label loses more than it may."""
        return not self.failing


def judge(
    documents: Sequence[Document],
    before: Sequence[Prediction],
    after: Sequence[Prediction],
    task: Task,
    *,
    margin: float = MARGIN,
) -> Gate:
    """Compare two models label by label on documents whose labels are complete; all three go together by position.

    Labels that neither people nor one of the models gave are left out. Raises ValueError where the lengths differ.
    """
    if not len(documents) == len(before) == len(after):
        raise ValueError(f"{len(documents)} documents, {len(before)} and {len(after)} predictions do not go together")
    return Gate(margin, (*_of_spans(documents, before, after, task), *_of_wholes(documents, before, after, task)))


def _of_spans(
    documents: Sequence[Document], before: Sequence[Prediction], after: Sequence[Prediction], task: Task
) -> Iterator[LabelChange]:
    for name in task.span_names:
        gold, old, new = (
            [[span for span in one.spans if span.label == name] for one in side] for side in (documents, before, after)
        )
        if any(map(any, (gold, old, new))):
            scores = [exact_scores(list(zip(gold, side, strict=True))).f1 for side in (old, new)]
            yield LabelChange(name, False, sum(map(len, gold)), *scores)


def _of_wholes(
    documents: Sequence[Document], before: Sequence[Prediction], after: Sequence[Prediction], task: Task
) -> Iterator[LabelChange]:
    rows = [row for row in zip(documents, before, after, strict=True) if row[0].label is not None]
    if not rows or not task.document_labels:
        return
    gold = [str(document.label) for document, _, _ in rows]
    old, new = (label_scores(gold, [row[side].label for row in rows]).per_label for side in (1, 2))
    for name in task.document_names:
        if name in old or name in new:
            sides = (found[name].f1 if name in found else 1.0 for found in (old, new))
            yield LabelChange(name, True, gold.count(name), *sides)
