"""Comments: threads on a span or on a whole document, which only ever grow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from tokapp.documents import Span
from tokapp.errors import BadInput, BadSpan, NotFound
from tokapp.store import documents as store_documents
from tokapp.store.anchors import follow_span
from tokapp.store.guidance_tables import CommentTable, ThreadTable
from tokapp.store.guidance_values import Comment, CommentVerb, Thread
from tokapp.store.labelling import check_layer, events, state_of
from tokapp.store.projects import check_text
from tokapp.store.tables import DocumentTable, now
from tokapp.store.values import SHARED, Event

LONGEST = 4000
"""Characters that a comment may have."""


def begin(session: Session, document_id: int, text: str, by: str, *, span: Span | None, layer: str) -> int:
    """Start a thread with its first comment; its id. Raises NotFound, BadInput, BadSpan."""
    store_documents.find_row(session, document_id)
    check_layer(layer)
    [(_, document)] = store_documents.load(session, [document_id])
    if span is not None and span.end > len(document.text):
        raise BadSpan(f"span [{span.start}, {span.end}) ends after the text, which has {len(document.text)} characters")
    row = ThreadTable(
        document_id=document_id,
        layer=layer,
        revision=state_of(session, document_id, layer).revision,
        start=None if span is None else span.start,
        end=None if span is None else span.end,
        label=None if span is None else span.label,
        quote="" if span is None else document.surface(span),
    )
    session.add(row)
    session.flush()
    add(session, row.id, "say", by, text)
    return row.id


def add(session: Session, thread_id: int, verb: CommentVerb, by: str, text: str = "") -> None:
    """Add a line to a thread; raises NotFound, and BadInput for a comment that is empty, too long or not text."""
    if session.get(ThreadTable, thread_id) is None:
        raise NotFound(f"there is no thread {thread_id}: reload the page")
    check_text(by, where="the name of the person")
    if verb == "say":
        _check(text)
    session.add(CommentTable(thread_id=thread_id, by=by, at=now(), verb=verb, text=text.strip()))
    session.flush()


def _check(text: str) -> None:
    if not text.strip():
        raise BadInput("the comment is empty: write something first")
    if len(text) > LONGEST:
        raise BadInput(f"a comment has at most {LONGEST:,} characters, this one has {len(text):,}")
    if "\x00" in text:
        raise BadInput("the comment holds a NUL character, which no database keeps: remove it")
    check_text(text, where="comment")


def find(session: Session, thread_id: int) -> Thread:
    """The thread of that id; raises NotFound."""
    row = session.get(ThreadTable, thread_id)
    if row is None:
        raise NotFound(f"there is no thread {thread_id}: reload the page")
    return _values(session, [row])[0]


def threads(session: Session, document_id: int, layer: str | None) -> list[Thread]:
    """The threads of a document's layer (None: of every layer), those on the whole document first, then by place."""
    query = select(ThreadTable).where(ThreadTable.document_id == document_id)
    if layer is not None:
        query = query.where(ThreadTable.layer == layer)
    found = _values(session, session.scalars(query.order_by(ThreadTable.id)).all())
    return sorted(found, key=lambda one: (one.span is not None, one.span.key if one.span else (), one.id))


def commented(session: Session, project_id: int) -> list[int]:
    """Ids of the documents of a project with a thread on the shared layer, ascending."""
    query = (
        select(ThreadTable.document_id)
        .join(DocumentTable, DocumentTable.id == ThreadTable.document_id)
        .where(DocumentTable.project_id == project_id, ThreadTable.layer == SHARED)
    )
    return list(session.scalars(query.distinct().order_by(ThreadTable.document_id)))


def _values(session: Session, rows: Sequence[ThreadTable]) -> list[Thread]:
    said: dict[int, list[Comment]] = defaultdict(list)
    query = select(CommentTable).where(CommentTable.thread_id.in_([row.id for row in rows])).order_by(CommentTable.id)
    for line in session.scalars(query) if rows else ():
        said[line.thread_id].append(Comment(line.by, line.at, cast(CommentVerb, line.verb), line.text))
    past: dict[tuple[int, str], list[Event]] = {}
    for row in rows:
        if row.label is not None and (row.document_id, row.layer) not in past:
            past[row.document_id, row.layer] = events(session, row.document_id, row.layer)
    return [_value(row, past.get((row.document_id, row.layer), []), said[row.id]) for row in rows]


def _value(row: ThreadTable, past: Sequence[Event], said: Sequence[Comment]) -> Thread:
    span, is_there = None, True
    if row.start is not None and row.end is not None and row.label is not None:
        since = (event for event in past if event.revision > row.revision)
        span, is_there = follow_span(Span(row.start, row.end, row.label), since)
    return Thread(row.id, row.document_id, span, row.quote, is_there, tuple(said), row.layer)
