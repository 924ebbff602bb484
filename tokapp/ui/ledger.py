"""What a tab has stored so far, and what somebody else stored first."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import uuid4

from tokapp.documents import Span


@dataclass(slots=True)
class Ledger:
    """What this tab has stored so far; lives as long as the tab's connection.

    `answers` are for the browser: the revision that an action made, or why it was refused. `own` are the revisions of
    each document that this tab made: an action that was drawn before their answer came is not stale. `name` tells the
    browser when a new connection has begun, which knows nothing of what was sent over the one before. `bulk` is the
    last action on many documents. `layer` is that of a reviewer's editor; without it everything goes where the
    document opens for the person.
    """

    name: str = field(default_factory=lambda: uuid4().hex)
    answers: dict[str, int | str] = field(default_factory=dict)
    own: dict[int, set[int]] = field(default_factory=dict)
    conflict: Conflict | None = None
    bulk: int | None = None
    layer: str | None = None

    def advance(self, document: int, seen: int) -> int:
        """The revision that `seen` has become by this tab's own actions."""
        while seen + 1 in self.own.get(document, ()):
            seen += 1
        return seen

    def keep(self, document: int, seen: int, made: int) -> None:
        """Remember that a revision of a document is this tab's own."""
        if made > seen:
            self.own.setdefault(document, set()).add(made)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody else saved `document` first; `mine` are the spans as this tab's person has drawn them.

    `refused` are the tokens of the actions that were not stored for it.
    """

    document: int
    mine: tuple[Span, ...]
    refused: tuple[str, ...] = ()
