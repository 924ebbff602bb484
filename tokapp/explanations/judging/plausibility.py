"""Whether explanations point at the words that people gave as their reasons.

Agreement with people is not faithfulness: a model may decide rightly for reasons that nobody marked. Measures are those
of DeYoung et al. 2020 ("ERASER", section 4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tokapp.documents import Attribution, Document, Json, Offset, Target
from tokapp.errors import BadInput

RATIONALE = "rationale"
"""Label of spans that mark reasons, whatever they are reasons for."""
RATIONALES = "rationales"
"""Key of `meta` that holds reasons apart from the spans: a list of {"start", "end"}."""

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


def plausibility(pairs: Sequence[tuple[Attribution, Sequence[Offset]]]) -> Plausibility | None:
    """How well attributions agree with what people marked, offsets into the same text; None where nothing is marked.

    A word is marked if it shares a character with a mark. Attributions without a marked word are left out.
    """
    judged = [(np.abs(one.values), is_marked) for one, marks in pairs if (is_marked := _marked(one.words, marks)).any()]
    if not judged:
        return None
    from sklearn.metrics import average_precision_score

    top = max(1, round(float(np.mean([is_marked.sum() for _, is_marked in judged]))))
    tops = [(_top(strength, top), is_marked) for strength, is_marked in judged]
    return Plausibility(
        auprc=float(np.mean([average_precision_score(is_marked, strength) for strength, is_marked in judged])),
        token_f1=float(np.mean([_f1(int((one & other).sum()), one.sum(), other.sum()) for one, other in tops])),
        iou_f1=float(np.mean([_iou_f1(_runs(one), _runs(other)) for one, other in tops])),
        top=top,
        count=len(judged),
    )


def marked_reasons(document: Document, target: Target) -> tuple[Offset, ...]:
    """What people marked as reasons for a decision about a document, in reading order.

    `meta["rationales"]` where there is one; else, for a document label, spans labelled `rationale` or like the target.
    Raises BadInput for rationales that are no ranges of the text.
    """
    if RATIONALES in document.meta:
        return tuple(sorted(_offsets(document, document.meta[RATIONALES])))
    if target.kind != "document":
        return ()
    return tuple(sorted((one.start, one.end) for one in document.spans if one.label in (RATIONALE, target.label)))


def _offsets(document: Document, given: Json) -> list[Offset]:
    marks = given if isinstance(given, list | tuple) else [given]
    offsets = []
    for mark in marks:
        start, end = (mark.get("start"), mark.get("end")) if isinstance(mark, Mapping) else (None, None)
        if not (type(start) is int and type(end) is int and 0 <= start < end <= len(document.text)):
            raise BadInput(
                f'its "{RATIONALES}" must be a list of {{"start": N, "end": N}} inside of the text '
                f"({len(document.text)} characters), with start < end",
                where=f"document {document.id!r}",
            )
        offsets.append((start, end))
    return offsets


def _marked(words: Sequence[Offset], marks: Sequence[Offset]) -> NDArray[np.bool_]:
    return np.array([any(a < end and start < b for start, end in marks) for a, b in words], dtype=np.bool_)


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
