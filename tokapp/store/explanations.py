"""Attributions: why a model decided, kept per document, model and target."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

from sqlalchemy import Select, Text, case, exists, func, or_, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session

from tokapp.documents import Attribution, Kind, Players, Target
from tokapp.store.dialects import insert_or_update
from tokapp.store.documents import find_row
from tokapp.store.filters import Query
from tokapp.store.models import add_model
from tokapp.store.projects import task_of
from tokapp.store.tables import AttributionTable, ContentTable, DocumentTable, ModelTable, PredictionTable, now
from tokapp.store.values import LONGEST_EXPLAINED, Amount

_KEYS = ("document_id", "model_id", "kind", "label", "span_start", "span_end", "against", "over")
_VALUES = ("base_value", "output_value", "evaluations", "exact", "seed", "detail", "created")


def add_attributions(session: Session, document_id: int, attributions: Iterable[Attribution]) -> None:
    """Store or replace the explanations of decisions about one document."""
    document = find_row(session, document_id)
    rows = [_row(document_id, _known_model(session, document, one.model), one) for one in attributions]
    if rows:
        session.connection().execute(insert_or_update(session, AttributionTable, _KEYS, _VALUES), rows)


def _known_model(session: Session, document: DocumentTable, name: str) -> int:
    """The id of a model, which becomes a candidate of the document's task if nobody has heard of it."""
    model_id = _model_id(session, name)
    if model_id is None:
        add_model(session, name, task_of(session, document.project_id).name)
        model_id = session.scalars(select(ModelTable.id).where(ModelTable.name == name)).one()
    return model_id


def _model_id(session: Session, name: str) -> int | None:
    return session.scalar(select(ModelTable.id).where(ModelTable.name == name))


def attributions(session: Session, document_id: int, model: str, target: Target | None = None) -> list[Attribution]:
    """The stored explanations of a model's decisions about a document: of one target, or of all in reading order."""
    query = (
        select(AttributionTable, DocumentTable.external_id)
        .join(ModelTable, ModelTable.id == AttributionTable.model_id)
        .join(DocumentTable, DocumentTable.id == AttributionTable.document_id)
        .where(AttributionTable.document_id == document_id, ModelTable.name == model)
        .order_by(AttributionTable.start, AttributionTable.end, AttributionTable.label, AttributionTable.id)
    )
    if target is not None:
        query = query.where(
            AttributionTable.kind == target.kind,
            AttributionTable.label == target.label,
            AttributionTable.start == target.start,
            AttributionTable.end == target.end,
            AttributionTable.against == target.against,
            AttributionTable.over == target.over,
        )
    return [_value(row, external_id, model) for row, external_id in session.execute(query)]


def attributions_page(
    session: Session, project_id: int, model: str, *, after: int, limit: int
) -> list[tuple[int, int, str, Attribution]]:
    """Explanations of a model in a project in the order they were stored, from the one behind the row `after` on.

    Each with the number of its row, its document's id and text.
    """
    query = (
        select(AttributionTable, DocumentTable.id, DocumentTable.external_id, ContentTable.text)
        .join(DocumentTable, DocumentTable.id == AttributionTable.document_id)
        .join(ContentTable, ContentTable.document_id == DocumentTable.id)
        .where(DocumentTable.project_id == project_id, AttributionTable.model_id == _model_id(session, model))
        .where(AttributionTable.id > after)
        .order_by(AttributionTable.id)
        .limit(limit)
    )
    return [(row.id, pk, text, _value(row, name, model)) for row, pk, name, text in session.execute(query)]


def attributions_state(session: Session, project_id: int, model: str) -> tuple[int, str]:
    """How many explanations of a model there are in a project, and when the newest was stored."""
    query = select(func.count(), func.max(AttributionTable.created)).select_from(AttributionTable)
    query = query.join(DocumentTable, DocumentTable.id == AttributionTable.document_id)
    mine = (DocumentTable.project_id == project_id, AttributionTable.model_id == _model_id(session, model))
    count, newest = session.execute(query.where(*mine)).one()
    return count, str(newest or "")


def first_explained(session: Session, project_id: int, model: str) -> int | None:
    """The first document of a project of which a decision of the model is explained; one about a span, if any is."""
    query = _explained(session, project_id, model)
    return session.scalar(query.order_by(AttributionTable.kind != "span", AttributionTable.document_id).limit(1))


def explained_neighbours(session: Session, document_id: int, model: str) -> tuple[int | None, int | None]:
    """The documents before and after one, in the order of their ids, among those that the model's reasons are for."""
    query = _explained(session, find_row(session, document_id).project_id, model).limit(1)
    key = AttributionTable.document_id
    before = query.where(key < document_id).order_by(key.desc())
    after = query.where(key > document_id).order_by(key)
    return session.scalar(before), session.scalar(after)


def explained_among(session: Session, ids: Sequence[int], model: str) -> set[int]:
    """Those of the documents that the model's reasons are for."""
    query = select(AttributionTable.document_id).where(
        AttributionTable.document_id.in_(ids), AttributionTable.model_id == _model_id(session, model)
    )
    return set(session.scalars(query.distinct()))


def _explained(session: Session, project_id: int, model: str) -> Select[int]:
    return (
        select(AttributionTable.document_id)
        .join(DocumentTable, DocumentTable.id == AttributionTable.document_id)
        .where(DocumentTable.project_id == project_id, AttributionTable.model_id == _model_id(session, model))
    )


def unexplained(session: Session, project_id: int, model: str) -> list[int]:
    """Ids of the documents in which the model decided something and none of its reasons are stored, ascending."""
    query = _unexplained(session, select(PredictionTable.document_id), project_id, model)
    return list(session.scalars(query.order_by(PredictionTable.document_id)))


def unexplained_amount(session: Session, project_id: int, model: str) -> Amount:
    """How many documents `unexplained` gives, and how long they are."""
    length = func.length(ContentTable.text) + func.length(sql_cast(ContentTable.contexts, Text))
    counted = case((length > LONGEST_EXPLAINED, LONGEST_EXPLAINED), else_=length)
    query = select(func.count(), func.coalesce(func.sum(counted), 0)).select_from(PredictionTable)
    query = query.join(ContentTable, ContentTable.document_id == PredictionTable.document_id)
    documents, characters = session.execute(_unexplained(session, query, project_id, model)).one()
    return Amount(documents, characters)


def _unexplained(session: Session, query: Query, project_id: int, model: str) -> Query:
    model_id = _model_id(session, model)
    explained = exists().where(
        AttributionTable.document_id == PredictionTable.document_id, AttributionTable.model_id == model_id
    )
    has_decided = or_(PredictionTable.count > 0, PredictionTable.label.is_not(None))
    mine = (PredictionTable.project_id == project_id, PredictionTable.model_id == model_id)
    return query.where(*mine, has_decided, ~explained)


def _row(document_id: int, model_id: int, attribution: Attribution) -> dict[str, object]:
    target = attribution.target
    return {
        "document_id": document_id,
        "model_id": model_id,
        "kind": target.kind,
        "label": target.label,
        "span_start": target.start,
        "span_end": target.end,
        "against": target.against,
        "over": target.over,
        "base_value": float(attribution.base_value),
        "output_value": float(attribution.output_value),
        "evaluations": int(attribution.evaluations),
        "exact": bool(attribution.exact),
        "seed": int(attribution.seed),
        "detail": {
            "words": [[int(start), int(end)] for start, end in attribution.words],
            "texts": list(attribution.texts),
            "values": [float(value) for value in attribution.values],
            "errors": [float(error) for error in attribution.errors],
            "parts": [int(part) for part in attribution.parts],
            "method": attribution.method,
        },
        "created": now(),
    }


def _value(row: AttributionTable, external_id: str, model: str) -> Attribution:
    detail = cast(dict[str, Sequence[Any]], row.detail)
    return Attribution(
        document_id=external_id,
        model=model,
        target=Target(cast(Kind, row.kind), row.label, row.start, row.end, row.against, cast(Players, row.over)),
        words=tuple((int(start), int(end)) for start, end in detail["words"]),
        texts=tuple(detail["texts"]),
        values=tuple(detail["values"]),
        errors=tuple(detail["errors"]),
        base_value=row.base_value,
        output_value=row.output_value,
        evaluations=row.evaluations,
        exact=row.exact,
        seed=row.seed,
        method=cast(str, detail.get("method", "odd-regression")),  # what all used before it was kept
        parts=tuple(detail.get("parts", ())),
    )
