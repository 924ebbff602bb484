"""Which decisions a model can have made about a document, and which words each is read off."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tokapp.documents import NOTHING, Document, Target
from tokapp.errors import BadInput, BadSpan, UnknownLabel
from tokapp.words import split_words

if TYPE_CHECKING:
    from tokapp.models import Model
    from tokapp.models.encoding import Encoding

_EDGES = {"start": ("begins", "before"), "end": ("ends", "behind")}


def check_target(model: Model, document: Document, target: Target) -> None:
    """Raise BadSpan, UnknownLabel or BadInput for a target that this model cannot have decided about this document."""
    if target.kind == "cut":
        _check_stream(model)
    if target.over == "sources":
        _check_sources(model, document)
    if target.has_place:
        _check_place(document, target)
    _check_labels(model, target)


def _check_stream(model: Model) -> None:
    from tokapp.models import TokenModel

    if not isinstance(model, TokenModel) or not model.is_causal:
        raise BadInput(f"{model.name} does not read from left to right, so no token of its own cuts a stream")


def _check_sources(model: Model, document: Document) -> None:
    if model.task.part != "answer":
        raise BadInput(f"model {model.name} reads texts alone: there are no sources whose words could be reasons")
    if not any(map(split_words, (document.question or "", *document.contexts))):
        raise BadInput("the document has neither question nor passages whose words could be reasons; add some")


def _check_place(document: Document, target: Target) -> None:
    where = f"the span [{target.start}, {target.end})"
    if not 0 <= target.start < target.end <= len(document.text):
        raise BadSpan(
            f"the span [{target.start}, {target.end}] lies outside of the text ({len(document.text)} characters)"
        )
    if target.kind != "cut" and not document.text[target.start : target.end].strip():
        raise BadSpan(f"{where} holds no word; choose one that does")
    if target.kind not in _EDGES:
        return
    words = split_words(document.text)
    first = bisect_right([end for _, end in words], target.start)
    last = bisect_left([start for start, _ in words], target.end) - 1
    if (target.kind, first) == ("start", 0) or (target.kind, last) == ("end", len(words) - 1):
        verb, side = _EDGES[target.kind]
        raise BadSpan(f"{where} {verb} where the text does: no word {side} it could have been part of it")


def _check_labels(model: Model, target: Target) -> None:
    kind, labels = ("span", model.span_labels) if target.has_place else ("document", model.document_labels)
    known = ", ".join(labels) or "none"
    parts = target.label.split("+") if target.kind == "cut" else []
    if target.label not in labels and not (parts and set(parts) <= set(labels)):
        raise UnknownLabel(f"model {model.name} knows no {kind} label {target.label!r}; it knows: {known}")
    if not target.against:
        return
    others = [name for name in labels if name != target.label and name not in parts]
    if target.has_place and (model.config.classes or target.label != labels[0]):
        others.append(NOTHING)
    if target.against not in others:
        what = "a label cannot stand against itself" if target.against == target.label else (
            f"model {model.name} knows no {kind} label {target.against!r} that {target.label!r} could stand against"
        )
        raise UnknownLabel(f"{what}; choose one of: {', '.join(others) or 'none'}")


def span_words(row: Encoding, target: Target) -> NDArray[np.intp]:
    """Words of a span whose first token this row owns."""
    return np.flatnonzero(_within(row, target) & (row.word_index >= 0))


def asked_words(row: Encoding, target: Target) -> NDArray[np.intp]:
    """The words that a target is read off in this row; none if it owns none of the span's, or shows no such edge.

    Those of a span are those that the row owns. An edge is read off the span's first or last word, which the row has to
    own, and then the neighbour on the other side of the edge, which it has to show.
    """
    if target.kind not in _EDGES:
        return span_words(row, target)
    inside = np.flatnonzero(_within(row, target))
    edge, neighbour = (inside[0], inside[0] - 1) if target.kind == "start" else (inside[-1], inside[-1] + 1)
    is_seen = row.word_index[edge] >= 0 and token_of(row)[neighbour] >= 0
    return np.array([edge, neighbour] if is_seen else [], np.intp)


def _within(row: Encoding, target: Target) -> NDArray[np.bool_]:
    words = np.asarray(row.words, dtype=np.int64).reshape(-1, 2)
    inside: NDArray[np.bool_] = (words[:, 0] < target.end) & (words[:, 1] > target.start)
    return inside


def token_of(row: Encoding) -> NDArray[np.int32]:
    """The token that each word is read off: its first one, whatever window owns it; -1 where there is none."""
    first = np.full(len(row.words) + 1, -1, np.int32)
    places = np.arange(len(row) - 1, -1, -1)
    first[row.word_of[places]] = places  # written from the back, so the first token of a word stays
    return np.where(row.word_index >= 0, row.word_index, first[:-1])
