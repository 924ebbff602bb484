"""Filters and orders of the document table, as SQL."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from tokapp.errors import BadInput
from tokapp.store.assignments import mine
from tokapp.store.models import default_model
from tokapp.store.projects import task_of
from tokapp.store.tables import (
    ContentTable,
    DocumentLabelTable,
    DocumentTable,
    ModelTable,
    PredictionLabelTable,
    PredictionTable,
)
from tokapp.store.values import DocumentFilter

Query: TypeAlias = Select[*tuple[Any, ...]]
Sort: TypeAlias = Literal["id", "-id", "confidence", "-confidence", "updated", "-updated", "status", "source"]

_NO_MODEL = -1


def model_id_of(session: Session, project_id: int, name: str | None) -> int:
    """The id of the model that a filter means (default: the project's); an id that no row has if there is none."""
    if name is None:
        model = default_model(session, project_id, task_of(session, project_id).name)
        return _NO_MODEL if model is None else model.id
    return session.scalar(select(ModelTable.id).where(ModelTable.name == name)) or _NO_MODEL


def narrow(query: Query, where: DocumentFilter, *, project_id: int, model_id: int) -> Query:
    """The query over `documents`, outer-joined with the predictions of a model, narrowed by the filter."""
    joined = query.outerjoin(
        PredictionTable, and_(PredictionTable.document_id == DocumentTable.id, PredictionTable.model_id == model_id)
    )
    if where.search:
        joined = joined.join(ContentTable, ContentTable.document_id == DocumentTable.id)
    return joined.where(DocumentTable.project_id == project_id, *_conditions(where, model_id))


def _conditions(where: DocumentFilter, model_id: int) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    equal = (
        (DocumentTable.status, where.status),
        (DocumentTable.source, where.source),
        (DocumentTable.split, where.split),
    )
    conditions += [column == value for column, value in equal if value is not None]
    if where.search:
        conditions += [_found(word) for word in where.search.split()]
    if where.person is not None:
        conditions.append(mine(where.person))
    if where.label is not None:
        conditions.append(_labelled(where.label, model_id))
    if where.min_confidence is not None:
        conditions.append(PredictionTable.confidence >= where.min_confidence)
    if where.max_confidence is not None:
        conditions.append(PredictionTable.confidence <= where.max_confidence)
    return conditions


def _found(word: str) -> ColumnElement[bool]:
    return or_(
        ContentTable.text.icontains(word, autoescape=True),
        DocumentTable.external_id.icontains(word, autoescape=True),
    )


def _labelled(label: str, model_id: int) -> ColumnElement[bool]:
    by_people = exists().where(DocumentLabelTable.document_id == DocumentTable.id, DocumentLabelTable.label == label)
    by_model = exists().where(
        PredictionLabelTable.document_id == DocumentTable.id,
        PredictionLabelTable.model_id == model_id,
        PredictionLabelTable.label == label,
    )
    return or_(by_people, by_model)


def ordered(query: Query, sort: Sort) -> Query:
    """The query in that order, ties by id; documents without a confidence come last."""
    name = sort.lstrip("-")
    if name not in _COLUMNS:
        raise BadInput(f"cannot sort by {sort!r}; use one of {', '.join(_COLUMNS)}")
    column = _COLUMNS[name]
    tie: ColumnElement[int] = DocumentTable.id.desc() if sort.startswith("-") else DocumentTable.id.asc()
    first = column.desc() if sort.startswith("-") else column.asc()
    if name == "confidence":
        return query.order_by(column.is_(None), first, tie)
    return query.order_by(tie) if name == "id" else query.order_by(first, tie)


_COLUMNS: dict[str, InstrumentedAttribute[Any]] = {
    "id": DocumentTable.id,
    "confidence": PredictionTable.confidence,
    "updated": DocumentTable.updated,
    "status": DocumentTable.status,
    "source": DocumentTable.source,
}
