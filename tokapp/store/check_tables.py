"""The tables of checks: the share that somebody chose, and the wrong suggestions that were planted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Float, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from tokapp.store.tables import Base


class CheckShareTable(Base):
    """Append-only: in what share of a project's documents something is planted; the newest row counts, none means 0."""

    __tablename__ = "check_shares"
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), index=True)
    share: Mapped[float] = mapped_column(Float)
    by: Mapped[str] = mapped_column("by_name", Text)
    at: Mapped[datetime]


class PlantTable(Base):
    """Append-only: the wrong suggestion that is shown in a document; it stays known as one, whoever accepts it."""

    __tablename__ = "planted_suggestions"
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True)
    start: Mapped[int] = mapped_column("span_start")
    end: Mapped[int] = mapped_column("span_end")
    label: Mapped[str] = mapped_column(String(60))
    score: Mapped[float] = mapped_column(Float)
    kind: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
