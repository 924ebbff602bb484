"""The tables of what people work by: comments on spans and documents, guidelines and settings of a project."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import Mapped, mapped_column

from tokapp.documents import Json
from tokapp.store.tables import Base


class ThreadTable(Base):
    """A thread of comments; without a label it is about the whole document.

    Place and label are those of the span at `revision` of its layer; the events since then say where it is now.
    """

    __tablename__ = "comment_threads"
    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"))
    layer: Mapped[str] = mapped_column(String(200))
    revision: Mapped[int]
    start: Mapped[int | None] = mapped_column("span_start")
    end: Mapped[int | None] = mapped_column("span_end")
    label: Mapped[str | None] = mapped_column(String(60))
    quote: Mapped[str] = mapped_column(Text)
    __table_args__ = (Index(None, "document_id", "layer"),)


class CommentTable(Base):
    """Append-only: what was said in a thread, and when it was resolved or opened again."""

    __tablename__ = "comments"
    id: Mapped[int] = mapped_column(primary_key=True)
    thread_id: Mapped[int] = mapped_column(ForeignKey("comment_threads.id", ondelete="CASCADE"), index=True)
    by: Mapped[str] = mapped_column("by_name", Text)
    at: Mapped[datetime]
    verb: Mapped[str] = mapped_column(String(10))
    text: Mapped[str] = mapped_column(Text)


class GuidelineTable(Base):
    """Append-only: every version of a project's guidelines, counted from 1."""

    __tablename__ = "guidelines"
    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    version: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column("by_name", Text)
    at: Mapped[datetime]
    __table_args__ = (Unique("project_id", "version"),)


class ProjectSettingTable(Base):
    """What is set up for everybody in a project."""

    __tablename__ = "project_settings"
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    value: Mapped[Json] = mapped_column(JSON)
