"""The tables of which model is in use and why: promotions, golden sets, and what a project chose about training."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from tokapp.documents import Json
from tokapp.store.tables import Base


class ModelEventTable(Base):
    """Append-only: who promoted, rolled back to, or archived which model.

    `reason` is what somebody wrote who promoted against the gate, `gate` what the gate said at that moment.
    """

    __tablename__ = "model_events"
    id: Mapped[int] = mapped_column(primary_key=True)
    task: Mapped[str] = mapped_column(String(60), index=True)
    model_id: Mapped[int] = mapped_column(ForeignKey("models.id", ondelete="CASCADE"))
    verb: Mapped[str] = mapped_column(String(20))
    by: Mapped[str] = mapped_column("by_name", Text)
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text, server_default="")
    gate: Mapped[list[Json]] = mapped_column(JSON, server_default="[]")


class GoldenSetTable(Base):
    """Append-only: documents with their labels as they were at that moment; the newest of a project counts."""

    __tablename__ = "golden_sets"
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), index=True)
    documents: Mapped[int]
    by: Mapped[str] = mapped_column("by_name", Text)
    at: Mapped[datetime]


class GoldenDocumentTable(Base):
    """A document of a golden set; its labels are kept here, so that nothing that is done to it later changes them."""

    __tablename__ = "golden_documents"
    golden_id: Mapped[int] = mapped_column(ForeignKey("golden_sets.id", ondelete="CASCADE"), primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="RESTRICT"), primary_key=True)
    spans: Mapped[list[Json]]
    label: Mapped[str | None] = mapped_column(String(60))


class ProjectRuleTable(Base):
    """Append-only: what somebody chose under a name for a project; the newest counts."""

    __tablename__ = "project_rules"
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    value: Mapped[Json] = mapped_column(JSON)
    by: Mapped[str] = mapped_column("by_name", Text)
    at: Mapped[datetime]


class TestScoreTable(Base):
    """Append-only: the figures of a model on the test part of a snapshot; the first row counts, later ones re-score."""

    __tablename__ = "test_scores"
    id: Mapped[int] = mapped_column(primary_key=True)
    model_id: Mapped[int] = mapped_column(ForeignKey("models.id", ondelete="CASCADE"))
    snapshot_id: Mapped[int] = mapped_column(ForeignKey("snapshots.id", ondelete="CASCADE"))
    figures: Mapped[dict[str, Json]] = mapped_column(JSON)
    by: Mapped[str] = mapped_column("by_name", Text)
    at: Mapped[datetime]
    __table_args__ = (Index(None, "model_id", "snapshot_id"),)


class DrawnDocumentTable(Base):
    """Append-only: documents that the queue gave somebody at random, not because a model or a person picked them."""

    __tablename__ = "drawn_documents"
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True)
    by: Mapped[str] = mapped_column("by_name", Text)
    at: Mapped[datetime]
