"""What models are judged on: documents drawn at random, who labelled them, and test figures that are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from tokapp.documents import Json
from tokapp.evaluation.splits import Split
from tokapp.store.activity import note
from tokapp.store.dialects import insert_or_skip
from tokapp.store.documents import find_row
from tokapp.store.model_tables import DrawnDocumentTable, TestScoreTable
from tokapp.store.models import find_model
from tokapp.store.tables import DocumentTable, EventTable, ModelTable, PredictionTable, now
from tokapp.store.values import SHARED


@dataclass(frozen=True, slots=True)
class Origin:
    """What a judged document is told apart by: its group, its file, who finished it last ("" for a file alone).

    `is_drawn` says that the queue gave it out at random, before anybody could have picked it.
    """

    group: str
    source: str
    by: str
    is_drawn: bool


@dataclass(frozen=True, slots=True)
class TestScore:
    """Figures of a model on the test part of a snapshot, as they were computed then."""

    model: str
    snapshot_id: int
    figures: Mapping[str, Json]
    by: str
    at: datetime


def mark_drawn(session: Session, document_id: int, by: str) -> None:
    """Remember that the queue drew a document at random; one that somebody has begun already is not marked."""
    if find_row(session, document_id).status == "new":
        row = {"document_id": document_id, "by_name": by, "at": now()}
        session.connection().execute(insert_or_skip(session, DrawnDocumentTable), [row])


def origins(session: Session, project_id: int, split: Split) -> dict[int, Origin]:
    """Where the labelled documents of a side come from, by id."""
    last = (
        select(EventTable.document_id, func.max(EventTable.revision).label("revision"))
        .join(DocumentTable, DocumentTable.id == EventTable.document_id)
        .where(DocumentTable.project_id == project_id, DocumentTable.split == split)
        .where(EventTable.layer == SHARED, EventTable.verb != "import")
        .group_by(EventTable.document_id)
        .subquery()
    )
    here = and_(EventTable.document_id == last.c.document_id, EventTable.revision == last.c.revision)
    finished = (
        select(EventTable.document_id, EventTable.by.label("by")).join(last, here).where(EventTable.layer == SHARED)
    )
    people = {row.document_id: row.by for row in session.execute(finished)}
    query = (
        select(DocumentTable.id, DocumentTable.group, DocumentTable.source, DrawnDocumentTable.document_id)
        .outerjoin(DrawnDocumentTable, DrawnDocumentTable.document_id == DocumentTable.id)
        .where(DocumentTable.project_id == project_id, DocumentTable.split == split, DocumentTable.status == "labelled")
    )
    rows = session.execute(query.order_by(DocumentTable.id))
    return {pk: Origin(group, source, people.get(pk, ""), drawn is not None) for pk, group, source, drawn in rows}


def stamp(session: Session, project_id: int) -> tuple[int, str, int]:
    """Changes whenever a label or a prediction of a project does; for caches."""
    labels = select(func.count(), func.max(DocumentTable.updated)).where(
        DocumentTable.project_id == project_id, DocumentTable.status == "labelled"
    )
    count, updated = session.execute(labels).one()
    newest = select(func.max(PredictionTable.id)).where(PredictionTable.project_id == project_id)
    return count, str(updated), session.scalar(newest) or 0


def keep_score(session: Session, model: str, snapshot_id: int, figures: Mapping[str, Json], by: str) -> TestScore:
    """Keep test figures; what is not the first score of a model on a snapshot is noted as scored again."""
    row, before = find_model(session, model), test_scores(session, model, snapshot_id)
    made = TestScoreTable(model_id=row.id, snapshot_id=snapshot_id, figures=dict(figures), by=by, at=now())
    session.add(made)
    session.flush()
    if before:
        what = f"scored {model} on the test part of snapshot {snapshot_id} again (time {len(before) + 1})"
        note(session, what, by=by, project_id=row.project_id)
    return TestScore(model, snapshot_id, made.figures, made.by, made.at)


def test_scores(session: Session, model: str, snapshot_id: int | None = None) -> list[TestScore]:
    """Every test score of a model, of one snapshot or of all, the first one first."""
    query = select(TestScoreTable).join(ModelTable, ModelTable.id == TestScoreTable.model_id)
    query = query.where(ModelTable.name == model).order_by(TestScoreTable.id)
    if snapshot_id is not None:
        query = query.where(TestScoreTable.snapshot_id == snapshot_id)
    rows: Sequence[TestScoreTable] = session.scalars(query).all()
    return [TestScore(model, row.snapshot_id, row.figures, row.by, row.at) for row in rows]
