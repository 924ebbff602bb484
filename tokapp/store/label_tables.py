"""The table of what was done to labels after a project was made."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from tokapp.store.tables import Base


class LabelEventTable(Base):
    """Append-only: who deleted a label (kept or not in exports and training sets), who restored it; the last counts."""

    __tablename__ = "label_events"
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), index=True)
    label: Mapped[str] = mapped_column(String(60))
    verb: Mapped[str] = mapped_column(String(10))
    is_kept: Mapped[bool]
    by: Mapped[str] = mapped_column("by_name", Text)
    at: Mapped[datetime]
