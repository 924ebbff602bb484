"""The tables. Only this folder knows them; everything that leaves the store is a value of `values.py`.

What people decide is kept in append-only tables (`annotation_events`, `model_events`, `activities`). What is derived
from them (`documents.status`, `labellings`, `document_labels`) is a cache, written in the same transaction as the event
and rebuildable from the events. Wide columns live apart from the columns that the document table filters and sorts by.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, DateTime, Dialect, Float, ForeignKey, Index, LargeBinary, MetaData, String, Text, text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from tokapp.documents import Json


class Moment(TypeDecorator[datetime]):
    """A point in time: written in UTC, read back with its time zone on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        assert isinstance(value, datetime)
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


class Base(DeclarativeBase):
    """All tables; constraints get the same names on every database, so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: Moment, dict[str, Json]: JSON, list[Json]: JSON}


def _within(parent: str) -> ForeignKey:
    return ForeignKey(parent, ondelete="CASCADE")


class ProjectTable(Base):
    __tablename__ = "projects"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    seed: Mapped[str] = mapped_column(String(200))
    is_sample: Mapped[bool]
    created: Mapped[datetime]


class TaskTable(Base):
    """Each project has its own copy of its task, so that adding a label in one leaves the others alone."""

    __tablename__ = "tasks"
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(_within("projects.id"), unique=True)
    name: Mapped[str] = mapped_column(String(60), index=True)
    title: Mapped[str] = mapped_column(String(100))
    part: Mapped[str] = mapped_column(String(10))
    view: Mapped[str] = mapped_column(String(10))
    noun: Mapped[str] = mapped_column(String(30))
    description: Mapped[str] = mapped_column(Text)
    discontinuous: Mapped[bool]


class LabelTable(Base):
    """A label of a task; `kind` is "span" or "document"."""

    __tablename__ = "labels"
    id: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[int] = mapped_column(_within("tasks.id"))
    kind: Mapped[str] = mapped_column(String(10))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(60))
    color: Mapped[str] = mapped_column(String(7))
    key: Mapped[str] = mapped_column(String(1))
    description: Mapped[str] = mapped_column(Text)
    group: Mapped[str] = mapped_column("group_name", String(60))
    __table_args__ = (Unique("task_id", "kind", "name"),)


class DocumentTable(Base):
    """What the document table shows, filters and sorts by; the text itself is in `contents`."""

    __tablename__ = "documents"
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(_within("projects.id"))
    external_id: Mapped[str] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(Text)
    group: Mapped[str] = mapped_column("group_name", Text)
    likeness: Mapped[str] = mapped_column(String(64), server_default="")
    split: Mapped[str] = mapped_column(String(10))
    preview: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(10))
    revision: Mapped[int]
    spans: Mapped[int]
    label: Mapped[str | None] = mapped_column(String(60))
    created: Mapped[datetime]
    updated: Mapped[datetime]
    __table_args__ = (
        Unique("project_id", "hash"),
        Index(None, "project_id", "likeness"),
        Index(None, "project_id", "status"),
        Index(None, "project_id", "source"),
        Index(None, "project_id", "updated"),
        Index(None, "project_id", "external_id"),
    )


class ContentTable(Base):
    __tablename__ = "contents"
    document_id: Mapped[int] = mapped_column(_within("documents.id"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    question: Mapped[str | None] = mapped_column(Text)
    contexts: Mapped[list[Json]]
    meta: Mapped[dict[str, Json]]


class EventTable(Base):
    """Append-only: `before` and `after` are what the event took away and put in, so it can be replayed and undone.

    `layer` is "" for the shared labels, a person's name for that person's own version; revisions count per layer.
    """

    __tablename__ = "annotation_events"
    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(_within("documents.id"))
    layer: Mapped[str] = mapped_column(String(200))
    revision: Mapped[int]
    by: Mapped[str] = mapped_column("by_name", Text)
    at: Mapped[datetime]
    verb: Mapped[str] = mapped_column(String(20))
    before: Mapped[dict[str, Json]]
    after: Mapped[dict[str, Json]]
    token: Mapped[str | None] = mapped_column(String(100))
    __table_args__ = (Unique("document_id", "layer", "revision"), Unique("document_id", "layer", "token"))


class LabellingTable(Base):
    """The state that the events of a layer lead to, as of `revision`; no row means: nothing happened yet."""

    __tablename__ = "labellings"
    document_id: Mapped[int] = mapped_column(_within("documents.id"), primary_key=True)
    layer: Mapped[str] = mapped_column(String(200), primary_key=True)
    revision: Mapped[int]
    status: Mapped[str] = mapped_column(String(10))
    label: Mapped[str | None] = mapped_column(String(60))
    spans: Mapped[list[Json]]
    settled: Mapped[list[Json]]
    undo: Mapped[list[Json]]
    redo: Mapped[list[Json]]
    ruled: Mapped[list[Json]]
    reasons: Mapped[list[Json]] = mapped_column(server_default="[]")
    __table_args__ = (Index(None, "layer", "status"),)


class DocumentLabelTable(Base):
    """Which labels people gave a document, one row each, so that a filter by label stays in SQL."""

    __tablename__ = "document_labels"
    document_id: Mapped[int] = mapped_column(_within("documents.id"), primary_key=True)
    label: Mapped[str] = mapped_column(String(60), primary_key=True)


class BulkTable(Base):
    """An action on many documents at once; `way` is what is done with it now (do, undo, redo), `turn` the round."""

    __tablename__ = "bulk_actions"
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(_within("projects.id"))
    layer: Mapped[str] = mapped_column(String(200))
    by: Mapped[str] = mapped_column("by_name", Text)
    at: Mapped[datetime]
    verb: Mapped[str] = mapped_column(String(20))
    documents: Mapped[int]
    spans: Mapped[int]
    way: Mapped[str] = mapped_column(String(10))
    turn: Mapped[int]
    __table_args__ = (Index(None, "project_id", "at"),)


class BulkDocumentTable(Base):
    """What a bulk action does to one document, seen at a revision, and the revision that it made."""

    __tablename__ = "bulk_documents"
    bulk_id: Mapped[int] = mapped_column(_within("bulk_actions.id"), primary_key=True)
    document_id: Mapped[int] = mapped_column(_within("documents.id"), primary_key=True)
    seen: Mapped[int]
    revision: Mapped[int | None]
    turn: Mapped[int]
    outcome: Mapped[str] = mapped_column(String(10))
    spans: Mapped[list[Json]]
    __table_args__ = (Index(None, "document_id", "revision"),)


class ModelTable(Base):
    __tablename__ = "models"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    task: Mapped[str] = mapped_column(String(60), index=True)
    parent: Mapped[str | None] = mapped_column(String(200))
    snapshot_id: Mapped[int | None] = mapped_column(ForeignKey("snapshots.id", ondelete="RESTRICT"))
    project_id: Mapped[int | None] = mapped_column(ForeignKey("projects.id", ondelete="SET NULL"))
    is_built_in: Mapped[bool]
    metrics: Mapped[dict[str, Json]]
    recipe: Mapped[dict[str, Json]]
    created: Mapped[datetime]


class PredictionTable(Base):
    """What a model says about a document; `words` is packed by `packing.py`, `confidence` the lowest score in it."""

    __tablename__ = "predictions"
    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(_within("documents.id"))
    model_id: Mapped[int] = mapped_column(_within("models.id"))
    project_id: Mapped[int] = mapped_column(_within("projects.id"))
    confidence: Mapped[float | None]
    count: Mapped[int] = mapped_column("span_count")
    label: Mapped[str | None] = mapped_column(String(60))
    created: Mapped[datetime]
    spans: Mapped[list[Json]]
    document_scores: Mapped[dict[str, Json]]
    words: Mapped[bytes | None] = mapped_column(LargeBinary)
    __table_args__ = (
        Unique("document_id", "model_id"),
        Index("ix_predictions_project_model", "project_id", "model_id", "document_id"),
        # Covers what the document table joins, so that the wide columns are never read for it.
        Index("ix_predictions_cover", "document_id", "model_id", "confidence", "span_count", "label"),
    )


class PredictionLabelTable(Base):
    """Which labels a model predicted in a document and the best score of each."""

    __tablename__ = "prediction_labels"
    document_id: Mapped[int] = mapped_column(_within("documents.id"), primary_key=True)
    model_id: Mapped[int] = mapped_column(_within("models.id"), primary_key=True)
    label: Mapped[str] = mapped_column(String(60), primary_key=True)
    score: Mapped[float] = mapped_column(Float)


class SnapshotTable(Base):
    __tablename__ = "snapshots"
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(_within("projects.id"))
    created: Mapped[datetime]
    digest: Mapped[str] = mapped_column(String(64))
    counts: Mapped[dict[str, Json]]
    left_out: Mapped[list[Json]] = mapped_column(server_default="[]")
    __table_args__ = (Unique("project_id", "digest"),)


class SnapshotDocumentTable(Base):
    __tablename__ = "snapshot_documents"
    snapshot_id: Mapped[int] = mapped_column(_within("snapshots.id"), primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="RESTRICT"), primary_key=True)
    revision: Mapped[int]
    split: Mapped[str] = mapped_column(String(10))


class AttributionTable(Base):
    """Shapley values of one decision; `detail` holds words, texts, values, errors, parts and method."""

    __tablename__ = "attributions"
    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(_within("documents.id"))
    model_id: Mapped[int] = mapped_column(_within("models.id"))
    kind: Mapped[str] = mapped_column(String(10))
    label: Mapped[str] = mapped_column(String(60))
    start: Mapped[int] = mapped_column("span_start")
    end: Mapped[int] = mapped_column("span_end")
    against: Mapped[str] = mapped_column(String(60))
    over: Mapped[str] = mapped_column(String(10))
    base_value: Mapped[float]
    output_value: Mapped[float]
    evaluations: Mapped[int]
    exact: Mapped[bool]
    seed: Mapped[int]
    detail: Mapped[dict[str, Json]]
    created: Mapped[datetime]
    __table_args__ = (Unique("document_id", "model_id", "kind", "label", "span_start", "span_end", "against", "over"),)


class RankingTable(Base):
    """One order of a project's documents; it counts from the moment when its last score is there."""

    __tablename__ = "rankings"
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(_within("projects.id"))
    name: Mapped[str] = mapped_column(String(40))
    model: Mapped[str | None] = mapped_column(String(200))
    documents: Mapped[int]
    is_complete: Mapped[bool]
    created: Mapped[datetime]
    __table_args__ = (Index(None, "project_id", "name"),)


class RankingScoreTable(Base):
    __tablename__ = "ranking_scores"
    ranking_id: Mapped[int] = mapped_column(_within("rankings.id"), primary_key=True)
    document_id: Mapped[int] = mapped_column(_within("documents.id"), primary_key=True)
    score: Mapped[float] = mapped_column(Float)
    __table_args__ = (Index(None, "ranking_id", "score"),)


_OPEN = text("state IN ('queued', 'running')")


class JobTable(Base):
    """A job; `digest` stands for kind, project and payload: only one open job may have it."""

    __tablename__ = "jobs"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    project_id: Mapped[int | None] = mapped_column(_within("projects.id"))
    payload: Mapped[dict[str, Json]]
    digest: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(10))
    progress: Mapped[float]
    message: Mapped[str] = mapped_column(Text)
    result: Mapped[dict[str, Json]]
    error: Mapped[str] = mapped_column(Text)
    attempt: Mapped[int]
    max_attempts: Mapped[int]
    owner: Mapped[str | None] = mapped_column(String(200))
    lease_until: Mapped[datetime | None]
    cancel_requested: Mapped[bool]
    created: Mapped[datetime]
    started: Mapped[datetime | None]
    finished: Mapped[datetime | None]
    heartbeat: Mapped[datetime | None]
    __table_args__ = (
        Index("ix_jobs_open", "digest", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index(None, "state", "created"),
        Index(None, "project_id", "kind"),
    )


class JobLogTable(Base):
    __tablename__ = "job_logs"
    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(_within("jobs.id"), index=True)
    line: Mapped[str] = mapped_column(Text)


class JobCurveTable(Base):
    __tablename__ = "job_curves"
    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(_within("jobs.id"), index=True)
    point: Mapped[dict[str, Json]]


class WorkerTable(Base):
    __tablename__ = "workers"
    owner: Mapped[str] = mapped_column(String(200), primary_key=True)
    pid: Mapped[int]
    device: Mapped[str] = mapped_column(String(40))
    seen: Mapped[datetime]


class ActivityTable(Base):
    """Append-only: one line of the feed on the Home page."""

    __tablename__ = "activities"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    project_id: Mapped[int | None] = mapped_column(_within("projects.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column("by_name", Text)
