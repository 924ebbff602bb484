"""Attributions: why a model decided, kept per document, model and target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tokapp.documents import Attribution, Target
from tokapp.store.dialects import insert_or_update
from tokapp.store.documents import find_row
from tokapp.store.models import add_model
from tokapp.store.projects import task_of
from tokapp.store.tables import AttributionTable, DocumentTable, ModelTable, now

_KEYS = ("document_id", "model_id", "kind", "label", "span_start", "span_end")
_VALUES = ("base_value", "output_value", "evaluations", "exact", "seed", "detail", "created")


def add_attribution(session: Session, document_id: int, attribution: Attribution) -> None:
    """Store or replace the explanation of one decision."""
    document = find_row(session, document_id)
    model_id = session.scalar(select(ModelTable.id).where(ModelTable.name == attribution.model))
    if model_id is None:
        add_model(session, attribution.model, task_of(session, document.project_id).name)
        model_id = session.scalars(select(ModelTable.id).where(ModelTable.name == attribution.model)).one()
    row = _row(document_id, model_id, attribution)
    session.connection().execute(insert_or_update(session, AttributionTable, _KEYS, _VALUES), [row])


def attributions(session: Session, document_id: int, model: str, target: Target | None = None) -> list[Attribution]:
    """The stored explanations of a model's decisions about a document: of one target, or of all in reading order."""
    query = (
        select(AttributionTable, DocumentTable.external_id)
        .join(ModelTable, ModelTable.id == AttributionTable.model_id)
        .join(DocumentTable, DocumentTable.id == AttributionTable.document_id)
        .where(AttributionTable.document_id == document_id, ModelTable.name == model)
        .order_by(AttributionTable.start, AttributionTable.end, AttributionTable.label)
    )
    if target is not None:
        query = query.where(
            AttributionTable.kind == target.kind,
            AttributionTable.label == target.label,
            AttributionTable.start == target.start,
            AttributionTable.end == target.end,
        )
    return [_value(row, external_id, model) for row, external_id in session.execute(query)]


def first_explained(session: Session, project_id: int, model: str) -> int | None:
    """The first document of a project of which a decision of the model is explained."""
    return session.scalar(
        select(func.min(AttributionTable.document_id))
        .join(ModelTable, ModelTable.id == AttributionTable.model_id)
        .join(DocumentTable, DocumentTable.id == AttributionTable.document_id)
        .where(DocumentTable.project_id == project_id, ModelTable.name == model)
    )


def _row(document_id: int, model_id: int, attribution: Attribution) -> dict[str, object]:
    target = attribution.target
    return {
        "document_id": document_id,
        "model_id": model_id,
        "kind": target.kind,
        "label": target.label,
        "span_start": target.start,
        "span_end": target.end,
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
        },
        "created": now(),
    }


def _value(row: AttributionTable, external_id: str, model: str) -> Attribution:
    detail = cast(dict[str, Sequence[Any]], row.detail)
    return Attribution(
        document_id=external_id,
        model=model,
        target=Target("span" if row.kind == "span" else "document", row.label, row.start, row.end),
        words=tuple((int(start), int(end)) for start, end in detail["words"]),
        texts=tuple(detail["texts"]),
        values=tuple(detail["values"]),
        errors=tuple(detail["errors"]),
        base_value=row.base_value,
        output_value=row.output_value,
        evaluations=row.evaluations,
        exact=row.exact,
        seed=row.seed,
    )
