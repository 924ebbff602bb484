"""Predictions of a model version, one row per document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, delete, exists, func, insert, select
from sqlalchemy.orm import Session

from tokapp.documents import Prediction
from tokapp.errors import BadInput
from tokapp.store.dialects import insert_or_update, many_rows
from tokapp.store.models import add_model
from tokapp.store.packing import pack, unpack
from tokapp.store.projects import task_of
from tokapp.store.state import read_spans, write_spans
from tokapp.store.tables import DocumentTable, ModelTable, PredictionLabelTable, PredictionTable, now

_KEYS = ("document_id", "model_id")
_COLUMNS = ("confidence", "span_count", "label", "created", "spans", "document_scores", "words")


def add_batch(session: Session, project_id: int, model: str, batch: Sequence[tuple[int, Prediction]]) -> int:
    """Store or replace the predictions of a model; a model that is not known yet becomes a candidate."""
    if not batch:
        return 0
    model_id = _model_id(session, project_id, model)
    latest = dict(batch)
    _check_ids(session, project_id, latest)
    connection = session.connection()
    rows = [_row(pk, model_id, project_id, prediction) for pk, prediction in latest.items()]
    connection.execute(many_rows(insert_or_update(session, PredictionTable, _KEYS, _COLUMNS)), rows)
    stale = (PredictionLabelTable.model_id == model_id, PredictionLabelTable.document_id.in_(latest))
    connection.execute(delete(PredictionLabelTable).where(*stale))
    labels = [
        {"document_id": pk, "model_id": model_id, "label": label, "score": score}
        for pk, prediction in latest.items()
        for label, score in _label_scores(prediction).items()
    ]
    if labels:
        connection.execute(many_rows(insert(PredictionLabelTable)), labels)
    return len(rows)


def confidence_of(prediction: Prediction) -> float | None:
    """The lowest score of a prediction's spans and document label.

    Without either it is how sure the model is of the word that it was least sure to leave alone.
    """
    scores = [span.score for span in prediction.spans if span.score is not None]
    if prediction.document_scores:
        scores.append(max(prediction.document_scores.values()))
    if scores:
        return float(min(scores))
    words = prediction.words
    if words is None or not len(words.offsets) or words.classes[:1] != ("O",):
        return None
    return float(words.probabilities[:, 0].min())


def prediction_row(session: Session, document_id: int, model_id: int) -> PredictionTable | None:
    """The row of a prediction, if there is one."""
    query = select(PredictionTable).where(
        PredictionTable.document_id == document_id, PredictionTable.model_id == model_id
    )
    return session.scalar(query)


def prediction(session: Session, document_id: int, model: str) -> Prediction | None:
    """What a model said about a document, if it was asked."""
    found = load(session, [document_id], model)
    return found[0][1] if found else None


def load(session: Session, ids: Sequence[int], model: str) -> list[tuple[int, Prediction]]:
    """The predictions of a model for those of the documents that have one, in the order of the ids."""
    query = (
        select(PredictionTable, DocumentTable.external_id)
        .join(ModelTable, ModelTable.id == PredictionTable.model_id)
        .join(DocumentTable, DocumentTable.id == PredictionTable.document_id)
        .where(ModelTable.name == model, PredictionTable.document_id.in_(ids))
        .order_by(PredictionTable.document_id)
    )
    return [(row.document_id, _value(row, external_id, model)) for row, external_id in session.execute(query)]


def unpredicted_page(session: Session, project_id: int, model: str, *, after: int, limit: int) -> list[int]:
    """The next documents of a project that a model has not predicted, ascending, with ids above `after`."""
    query = select(DocumentTable.id).where(*_unpredicted(project_id, model), DocumentTable.id > after)
    return list(session.scalars(query.order_by(DocumentTable.id).limit(limit)))


def count_unpredicted(session: Session, project_id: int, model: str) -> int:
    """How many documents of a project a model has not predicted."""
    return session.scalar(select(func.count(DocumentTable.id)).where(*_unpredicted(project_id, model))) or 0


def is_predicted(session: Session, project_id: int) -> bool:
    """Whether any model has predicted anything in a project."""
    return bool(session.scalar(select(exists().where(PredictionTable.project_id == project_id))))


def _unpredicted(project_id: int, model: str) -> tuple[ColumnElement[bool], ...]:
    asked = select(ModelTable.id).where(ModelTable.name == model).scalar_subquery()
    is_done = exists().where(PredictionTable.document_id == DocumentTable.id, PredictionTable.model_id == asked)
    return DocumentTable.project_id == project_id, ~is_done


def predicted_since(session: Session, ids: Sequence[int], model: str, moment: datetime) -> set[int]:
    """Those of the documents of which a model's prediction was stored at that moment or later."""
    query = select(PredictionTable.document_id).join(ModelTable, ModelTable.id == PredictionTable.model_id)
    recent = query.where(ModelTable.name == model, PredictionTable.created >= moment)
    return set(session.scalars(recent.where(PredictionTable.document_id.in_(ids))))


def _value(row: PredictionTable, external_id: str, model: str) -> Prediction:
    return Prediction(
        document_id=external_id,
        model=model,
        spans=tuple(read_spans(row.spans)),
        words=None if row.words is None else unpack(row.words),
        document_scores=cast(dict[str, float], row.document_scores),
    )


def _row(pk: int, model_id: int, project_id: int, prediction: Prediction) -> dict[str, object]:
    return {
        "document_id": pk,
        "model_id": model_id,
        "project_id": project_id,
        "confidence": confidence_of(prediction),
        "span_count": len(prediction.spans),
        "label": prediction.label,
        "created": now(),
        "spans": write_spans(prediction.spans),
        "document_scores": {name: float(score) for name, score in prediction.document_scores.items()},
        "words": None if prediction.words is None else pack(prediction.words),
    }


def _label_scores(prediction: Prediction) -> dict[str, float]:
    best: dict[str, float] = {}
    for span in prediction.spans:
        best[span.label] = max(best.get(span.label, 0.0), float(span.score if span.score is not None else 1.0))
    if prediction.label is not None:
        score = float(prediction.document_scores[prediction.label])
        best[prediction.label] = max(best.get(prediction.label, 0.0), score)
    return best


def _model_id(session: Session, project_id: int, name: str) -> int:
    known = session.scalar(select(ModelTable.id).where(ModelTable.name == name))
    if known is not None:
        return known
    add_model(session, name, task_of(session, project_id).name)
    return _model_id(session, project_id, name)


def _check_ids(session: Session, project_id: int, ids: Iterable[int]) -> None:
    wanted = set(ids)
    query = select(DocumentTable.id).where(DocumentTable.project_id == project_id, DocumentTable.id.in_(wanted))
    missing = wanted - set(session.scalars(query))
    if missing:
        raise BadInput(f"document {min(missing)} is not in this project: its prediction cannot be stored")
