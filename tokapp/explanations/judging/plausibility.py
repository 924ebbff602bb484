"""Whether explanations point at the words that people gave as their reasons.

Agreement with people is not faithfulness: a model may decide rightly for reasons that nobody marked. Measures are those
of DeYoung et al. 2020 ("ERASER", section 4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tokapp.documents import Attribution, Document, Offset, Target
from tokapp.reasons import reasons_about

RATIONALE = "rationale"
"""Label of spans that mark reasons, whatever they are reasons for."""

_MATCH = 0.5


@dataclass(frozen=True, slots=True)
class Plausibility:
    """Means over attributions with marked words: area under the precision-recall curve of |value| (average precision),
    F1 of the top words, and F1 of their runs, matched at an intersection over union of 0.5.

    `top` is how many words those are: the mean number marked. `count` is the number of attributions.
    """

    auprc: float
    token_f1: float
    iou_f1: float
    top: int
    count: int


@dataclass(frozen=True, slots=True)
class MarkedWords:
    """How strong an attribution calls each word of a text, and which of them are marked."""

    strengths: tuple[float, ...]
    is_marked: tuple[bool, ...]


def marked_words(attribution: Attribution, marks: Sequence[Offset]) -> MarkedWords | None:
    """An attribution beside marks, which are offsets into the same text; None where none of its words is marked.

    A word is marked if it shares a character with a mark.
    """
    is_marked = tuple(any(a < end and start < b for start, end in marks) for a, b in attribution.words)
    return MarkedWords(tuple(map(abs, attribution.values)), is_marked) if any(is_marked) else None


def plausibility(
    pairs: Sequence[tuple[Attribution, Sequence[Offset]]], *, top: int | None = None
) -> Plausibility | None:
    """How well attributions agree with marks, offsets into the same text; those without a marked word are left out."""
    return mean_plausibility([one for pair in pairs if (one := marked_words(*pair)) is not None], top=top)


def mean_plausibility(found: Sequence[MarkedWords], *, top: int | None = None) -> Plausibility | None:
    """How well attributions agree with what people marked; None where nothing is marked.

    `top` is how many words of each are compared (None: as many as are marked in one on average).
    """
    if not found:
        return None
    from sklearn.metrics import average_precision_score

    judged = [(np.asarray(one.strengths), np.asarray(one.is_marked)) for one in found]
    top = top or max(1, round(float(np.mean([is_marked.sum() for _, is_marked in judged]))))
    tops = [(_top(strength, top), is_marked) for strength, is_marked in judged]
    return Plausibility(
        auprc=float(np.mean([average_precision_score(is_marked, strength) for strength, is_marked in judged])),
        token_f1=float(np.mean([_f1(int((one & other).sum()), one.sum(), other.sum()) for one, other in tops])),
        iou_f1=float(np.mean([_iou_f1(_runs(one), _runs(other)) for one, other in tops])),
        top=top,
        count=len(judged),
    )


def marked_reasons(document: Document, target: Target) -> tuple[Offset, ...]:
    """What people marked as evidence for a decision about a document, in reading order.

    Marked reasons where there are any; else, for a document label, spans labelled `rationale` or like the target.
    """
    about = reasons_about(document.reasons, target)
    if about or target.kind != "document":
        return tuple(sorted((one.start, one.end) for one in about if one.is_evidence))
    return tuple(sorted((one.start, one.end) for one in document.spans if one.label in (RATIONALE, target.label)))


def _top(strength: NDArray[np.float64], count: int) -> NDArray[np.bool_]:
    is_top = np.zeros(len(strength), np.bool_)
    is_top[np.argsort(-strength, kind="stable")[:count]] = True
    return is_top


def _runs(is_in: NDArray[np.bool_]) -> list[range]:
    """Stretches of neighbouring words."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_in, [False]]).astype(np.int8)))
    return [range(start, stop) for start, stop in edges.reshape(-1, 2).tolist()]


def _iou_f1(found: Sequence[range], marked: Sequence[range]) -> float:
    """F1 of runs; runs of one side do not touch, so that at most one of them reaches half of another's union."""
    matched = sum(any(_iou(one, other) >= _MATCH for other in marked) for one in found)
    return _f1(matched, len(found), len(marked))


def _iou(one: range, other: range) -> float:
    both = max(0, min(one.stop, other.stop) - max(one.start, other.start))
    return both / (len(one) + len(other) - both)


def _f1(both: int, found: int, marked: int) -> float:
    return 2 * both / (found + marked)
