"""The table of who was given which document."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from tokapp.store.tables import Base


class AssignmentTable(Base):
    """A document given to a person; `is_blind` asks for a version of their own that nobody else sees before its end.

    `decided` is the moment since which the shared labels are finished, written with the event that finished them and
    taken back when that is undone. A row that was `withdrawn` counts no more.
    """

    __tablename__ = "assignments"
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True)
    person: Mapped[str] = mapped_column(String(200), primary_key=True)
    is_blind: Mapped[bool]
    by: Mapped[str] = mapped_column("by_name", Text)
    at: Mapped[datetime]
    decided: Mapped[datetime | None]
    withdrawn: Mapped[datetime | None]
    __table_args__ = (Index(None, "person", "document_id"),)
