"""The feed: what happened, one line each, written in the transaction of what it tells."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from tokapp.store.tables import ActivityTable, ProjectTable, now
from tokapp.store.values import Activity


def note(session: Session, text: str, *, by: str = "", project_id: int | None = None) -> None:
    """Add a line to the feed."""
    session.add(ActivityTable(at=now(), project_id=project_id, text=text, by=by))


def activity(session: Session, *, limit: int = 20, project_id: int | None = None) -> list[Activity]:
    """The newest lines first, of one project or of all."""
    query = select(ActivityTable, ProjectTable.name).outerjoin(
        ProjectTable, ActivityTable.project_id == ProjectTable.id
    )
    if project_id is not None:
        query = query.where(ActivityTable.project_id == project_id)
    rows = session.execute(query.order_by(ActivityTable.id.desc()).limit(limit))
    return [Activity(line.at, name or "", line.text, line.by) for line, name in rows]
