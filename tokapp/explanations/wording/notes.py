"""Reasons that people wrote as comments on a decision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tokapp.documents import Document, Target
from tokapp.explanations.wording.reason import Wording

if TYPE_CHECKING:
    from tokapp.store import Thread

REASON = "reason"
"""Key of `meta` that holds a person's reason for the label of a document that comes from a file."""


def note_of(document: Document, target: Target, threads: Sequence[Thread] = ()) -> Wording | None:
    """What a person last noted about a decision: a comment on its span, or on the whole document for its label.

    Threads that were resolved count too, those on a span that was removed do not. Without a comment, a text under
    `meta["reason"]` is the reason for the document's label.
    """
    said = [
        line for thread in threads if _is_about(thread, target) for line in thread.comments if line.verb == "say"
    ]  # fmt: skip
    if said:
        last = max(said, key=lambda line: line.at)
        return Wording(last.text, "note", last.by)
    given = document.meta.get(REASON)
    if target.kind == "document" and isinstance(given, str) and given.strip():
        return Wording(given.strip(), "note")
    return None


def _is_about(thread: Thread, target: Target) -> bool:
    if thread.span is None:
        return target.kind == "document"
    return thread.is_there and thread.span.key == (target.start, target.end, target.label)
