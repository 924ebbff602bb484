"""The document table: pages of it, counts, and steps from one document to the next, all in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Result, Row, and_, func, select
from sqlalchemy.orm import Session

from tokapp.store.assignments import LEFT, mine, nobodys
from tokapp.store.documents import find_row
from tokapp.store.filters import Sort, model_id_of, narrow, ordered
from tokapp.store.tables import ContentTable, DocumentTable, PredictionTable
from tokapp.store.values import DocumentFilter, DocumentRow


def documents(
    session: Session, project_id: int, where: DocumentFilter, *, sort: Sort = "id", limit: int = 50, offset: int = 0
) -> list[DocumentRow]:
    """A page of the document table."""
    model_id = model_id_of(session, project_id, where.model)
    query = narrow(select(DocumentTable.id), where, project_id=project_id, model_id=model_id)
    ids = session.scalars(ordered(query, sort).limit(limit).offset(offset)).all()
    rows = rows_of(session, ids, model_id)
    return [rows[pk] for pk in ids]


def rows_of(session: Session, ids: Sequence[int], model_id: int) -> dict[int, DocumentRow]:
    """Lines of the document table by id, with what a model says."""
    return {row[0].id: _table_row(row) for row in _rows(session, ids, model_id)}


def _rows(session: Session, ids: Sequence[int], model_id: int) -> Result[*tuple[Any, ...]]:
    """The wide rows of a page; they are fetched after the sort, so that only ids are sorted."""
    predicted = and_(PredictionTable.document_id == DocumentTable.id, PredictionTable.model_id == model_id)
    columns = (DocumentTable, PredictionTable.count, PredictionTable.confidence, PredictionTable.label)
    return session.execute(select(*columns).outerjoin(PredictionTable, predicted).where(DocumentTable.id.in_(ids)))


def _table_row(row: Row[*tuple[Any, ...]]) -> DocumentRow:
    found, predicted, confidence, label = row
    return DocumentRow(
        id=found.id,
        external_id=found.external_id,
        preview=found.preview,
        status=found.status,
        source=found.source,
        split=found.split,
        spans=found.spans,
        predicted=predicted or 0,
        confidence=confidence,
        label=found.label if found.label is not None else label,
        updated=found.updated,
    )


def count_documents(session: Session, project_id: int, where: DocumentFilter) -> int:
    """How many documents the filter lets through."""
    model_id = model_id_of(session, project_id, where.model)
    query = narrow(select(func.count(DocumentTable.id)), where, project_id=project_id, model_id=model_id)
    return session.scalar(query) or 0


def document_ids(session: Session, project_id: int, where: DocumentFilter) -> list[int]:
    """Ids of the documents that the filter lets through, ascending."""
    model_id = model_id_of(session, project_id, where.model)
    query = narrow(select(DocumentTable.id), where, project_id=project_id, model_id=model_id)
    return list(session.scalars(query.order_by(DocumentTable.id)))


def shortest_documents(session: Session, project_id: int, limit: int) -> list[int]:
    """Ids of the documents with the shortest texts, ascending."""
    query = (
        select(DocumentTable.id)
        .join(ContentTable, ContentTable.document_id == DocumentTable.id)
        .where(DocumentTable.project_id == project_id)
        .order_by(func.length(ContentTable.text), DocumentTable.id)
        .limit(limit)
    )
    return sorted(session.scalars(query))


def neighbours(session: Session, document_id: int, where: DocumentFilter) -> tuple[int | None, int | None]:
    """The documents before and after one, in the order of their ids, among those that the filter lets through."""
    project_id = find_row(session, document_id).project_id
    model_id = model_id_of(session, project_id, where.model)
    query = narrow(select(DocumentTable.id), where, project_id=project_id, model_id=model_id).limit(1)
    before = query.where(DocumentTable.id < document_id).order_by(DocumentTable.id.desc())
    after = query.where(DocumentTable.id > document_id).order_by(DocumentTable.id)
    return session.scalar(before), session.scalar(after)


def next_to_label(
    session: Session, project_id: int, after: int | None = None, *, person: str | None = None
) -> int | None:
    """The next document that is left to label, going round once from `after`; None if all are done.

    For a `person` those that were given to them come first, and those that were given to others not at all.
    """
    parts = [DocumentTable.status.in_(LEFT)] if person is None else [mine(person), nobodys()]
    found = (_next(session, project_id, part, after) for part in parts)
    return next((pk for pk in found if pk is not None and pk != after), None)


def _next(session: Session, project_id: int, part: ColumnElement[bool], after: int | None) -> int | None:
    query = select(DocumentTable.id).where(DocumentTable.project_id == project_id, part).limit(1)
    query = query.order_by(DocumentTable.id)
    later = session.scalar(query if after is None else query.where(DocumentTable.id > after))
    return later if later is not None or after is None else session.scalar(query.where(DocumentTable.id < after))


def sources(session: Session, project_id: int) -> list[str]:
    """Where the project's documents came from, by name."""
    query = select(DocumentTable.source).where(DocumentTable.project_id == project_id).distinct()
    return list(session.scalars(query.order_by(DocumentTable.source)))
