"""What leaves the store about comments and guidelines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from tokapp.documents import Span
from tokapp.store.values import SHARED

CommentVerb: TypeAlias = Literal["say", "resolve", "reopen"]


@dataclass(frozen=True, slots=True)
class Comment:
    """One line of a thread: what somebody said, or that they resolved it or opened it again."""

    by: str
    at: datetime
    verb: CommentVerb
    text: str = ""


@dataclass(frozen=True, slots=True)
class Thread:
    """Comments on a span, oldest first; `span` is where it lies now, None for a thread on the whole document.

    `quote` is the text of the span when the thread began. `is_there` says that the span has not been removed.
    """

    id: int
    document_id: int
    span: Span | None
    quote: str
    is_there: bool
    comments: tuple[Comment, ...]
    layer: str = SHARED

    @property
    def is_resolved(self) -> bool:
        """Whether the last who decided on it resolved it."""
        return next((one.verb == "resolve" for one in reversed(self.comments) if one.verb != "say"), False)


@dataclass(frozen=True, slots=True)
class Guidelines:
    """One version of a project's guidelines: Markdown, by whom and when; version 0 means that there are none yet."""

    version: int
    text: str
    by: str
    at: datetime | None
