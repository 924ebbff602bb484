"""Golden sets: labelled documents that stay as they are, on which a candidate is judged beside the model in use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from tokapp.documents import Document, Json, Prediction
from tokapp.errors import BadInput
from tokapp.evaluation.gate import judge
from tokapp.store import documents as store_documents
from tokapp.store import models as store_models
from tokapp.store import predictions as store_predictions
from tokapp.store.activity import note
from tokapp.store.batches import batches
from tokapp.store.model_tables import GoldenDocumentTable, GoldenSetTable, ModelEventTable
from tokapp.store.plants import standing
from tokapp.store.projects import task_of
from tokapp.store.promotion_values import GoldenSet, Judgement, Promotion
from tokapp.store.retired import left_out, task_without, without_labels
from tokapp.store.rules import margin
from tokapp.store.state import read_spans, write_spans
from tokapp.store.tables import DocumentTable, ModelTable, ProjectTable, TaskTable, now
from tokapp.store.values import ModelRow

_BATCH = 500


def freeze(session: Session, project_id: int, ids: Sequence[int] | None, by: str) -> GoldenSet:
    """Keep labelled documents with their labels as they are now: those, or all of the test part.

    Raises BadInput for documents that models learn from or that nobody finished, and where there are none.
    """
    chosen = _fit(session, project_id, ids)
    if not chosen:
        raise BadInput("nothing of the test part is labelled yet: label some of it and mark it as done")
    row = GoldenSetTable(project_id=project_id, documents=len(chosen), by=by, at=now())
    session.add(row)
    session.flush()
    for part in batches(chosen, _BATCH):
        rows = [
            {"golden_id": row.id, "document_id": pk, "spans": write_spans(one.spans), "label": one.label}
            for pk, one in store_documents.load(session, part)
        ]
        session.execute(insert(GoldenDocumentTable), rows)
    note(session, f"froze a golden set of {len(chosen):,} documents", by=by, project_id=project_id)
    return _value(row)


def _fit(session: Session, project_id: int, ids: Sequence[int] | None) -> list[int]:
    query = select(DocumentTable.id, DocumentTable.split).where(
        DocumentTable.project_id == project_id, DocumentTable.status == "labelled"
    )
    unfit = set(standing(session, project_id))
    sides = {pk: split for pk, split in session.execute(query.order_by(DocumentTable.id)) if pk not in unfit}
    if ids is None:
        return [pk for pk, split in sides.items() if split == "test"]
    for pk in ids:
        if pk not in sides:
            raise BadInput(f"document {pk} is not labelled in this project: mark it as done first, or leave it out")
        if sides[pk] == "train":
            raise BadInput(f"document {pk} is in the train part, models learn from it: leave it out")
    return sorted(set(ids))


def golden_set(session: Session, project_id: int) -> GoldenSet | None:
    """The golden set of a project that counts now; None where none was frozen."""
    query = select(GoldenSetTable).where(GoldenSetTable.project_id == project_id)
    row = session.scalar(query.order_by(GoldenSetTable.id.desc()).limit(1))
    return None if row is None else _value(row)


def _value(row: GoldenSetTable) -> GoldenSet:
    return GoldenSet(row.id, row.project_id, row.documents, row.by, row.at)


def golden_documents(session: Session, golden: GoldenSet) -> list[tuple[int, Document]]:
    """Ids and documents of a golden set as they were frozen, ascending; labels deleted since are left out."""
    gone = left_out(session, golden.project_id)
    query = select(GoldenDocumentTable).where(GoldenDocumentTable.golden_id == golden.id)
    kept = {row.document_id: row for row in session.scalars(query.order_by(GoldenDocumentTable.document_id))}
    found: list[tuple[int, Document]] = []
    for part in batches(kept, _BATCH):
        for pk, one in store_documents.load(session, part):
            row = kept[pk]
            frozen = replace(one, spans=tuple(read_spans(row.spans)), label=row.label, reasons=(), is_reviewed=True)
            found.append((pk, without_labels(frozen, gone)))
    return found


def predictions_among(session: Session, ids: Sequence[int], model: str) -> dict[int, Prediction]:
    """What a model said about those of the documents that it has read."""
    parts = (store_predictions.load(session, part, model) for part in batches(ids, _BATCH))
    return {pk: prediction for part in parts for pk, prediction in part}


def judgements(session: Session, name: str) -> list[Judgement]:
    """What the golden set of every project of its task says about a candidate, by project; raises NotFound.

    Nothing where no model is in use, and for the one that is.
    """
    row = store_models.find_model(session, name)
    in_use = store_models.promoted(session, row.task)
    if in_use is None or in_use.name == name:
        return []
    query = select(ProjectTable.id, ProjectTable.name).join(TaskTable, TaskTable.project_id == ProjectTable.id)
    rows = session.execute(query.where(TaskTable.name == row.task).order_by(ProjectTable.id)).all()
    sets = ((pk, title, golden_set(session, pk)) for pk, title in rows)
    return [_judge(session, title, golden, in_use.name, name) for _, title, golden in sets if golden is not None]


def _judge(session: Session, project: str, golden: GoldenSet, before: str, after: str) -> Judgement:
    documents = dict(golden_documents(session, golden))
    sides = {name: predictions_among(session, list(documents), name) for name in (before, after)}
    unread = tuple((name, len(documents) - len(side)) for name, side in sides.items() if len(side) < len(documents))
    gate = None
    if not unread:
        task = task_without(task_of(session, golden.project_id), left_out(session, golden.project_id))
        old, new = ([side[pk] for pk in documents] for side in sides.values())
        gate = judge(list(documents.values()), old, new, task, margin=margin(session, golden.project_id))
    return Judgement(golden.project_id, project, golden, before, after, gate, unread)


def promote(session: Session, name: str, by: str, reason: str, found: Sequence[Judgement]) -> ModelRow:
    """Make a model the one in use; raises BadInput where the gate does not let it through and no reason is given."""
    if not reason.strip():
        for one in found:
            if not one.is_passed:
                raise BadInput(f"{refusal(one)} Or write down why it is to be used all the same.")
    is_forced = any(not one.is_passed for one in found)
    record = [_record(one) for one in found]
    return store_models.promote(session, name, by, reason=reason.strip() if is_forced else "", gate=record)


def refusal(found: Judgement) -> str:
    """Why a candidate does not pass, in a sentence; for one that does not."""
    if found.gate is None:
        missing = " and ".join(f"{name} has not read {count:,} of them" for name, count in found.unread)
        return f"{found.project} has {found.golden.documents:,} golden documents, and {missing}: predict them first."
    lost = ", ".join(f"{one.label} {one.before:.3f} → {one.after:.3f}" for one in found.gate.failing)
    return f"On the golden set of {found.project} more than {found.gate.margin:g} F1 is lost: {lost}."


def _record(found: Judgement) -> dict[str, Json]:
    return {
        "project": found.project_id,
        "golden": found.golden.id,
        "before": found.before,
        "is_passed": found.is_passed,
        "unread": dict(found.unread),
        "margin": None if found.gate is None else found.gate.margin,
        "labels": [] if found.gate is None else [asdict(one) for one in found.gate.labels],
    }


def promotions(session: Session, task: str) -> list[Promotion]:
    """Every time that a model of a task came into use or was put away, newest first."""
    query = select(ModelEventTable, ModelTable.name).join(ModelTable, ModelTable.id == ModelEventTable.model_id)
    rows = session.execute(query.where(ModelEventTable.task == task).order_by(ModelEventTable.id.desc()))
    return [Promotion(name, row.verb, row.by, row.at, row.reason) for row, name in rows]
