"""Values of actions on many documents at once: what they would touch, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from tokapp.documents import Span

BulkVerb: TypeAlias = Literal["accept", "reject", "add"]
Way: TypeAlias = Literal["do", "undo", "redo"]
Outcome: TypeAlias = Literal["waiting", "done", "same", "changed", "undone", "kept"]


@dataclass(frozen=True, slots=True)
class SuggestionFilter:
    """Which open suggestions: of a label, scored from `least` to `most` (without a score: only by the full range).

    `model` says whose (default: the project's), `document_id` keeps to one document.
    """

    label: str | None = None
    least: float = 0.0
    most: float = 1.0
    model: str | None = None
    document_id: int | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of text to find everywhere; not inside of words, and in any case, unless asked for."""

    text: str
    label: str
    whole_words: bool = True
    match_case: bool = False
    document_id: int | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A span that a bulk action would touch, in a document at a revision, with some text around it."""

    document_id: int
    name: str
    revision: int
    span: Span
    left: str
    text: str
    right: str


@dataclass(frozen=True, slots=True)
class Bulk:
    """An action on many documents that is undone as one; `turn` counts its rounds, `outcomes` its documents.

    waiting: still to do. done, undone: as said. same: there was nothing to do. changed: somebody changed the document
    before it could be done, and it was left alone. kept: it was changed after that, and stays as it is.
    """

    id: int
    project_id: int
    by: str
    at: datetime
    verb: BulkVerb
    documents: int
    spans: int
    way: Way
    turn: int
    outcomes: Mapping[Outcome, int]
