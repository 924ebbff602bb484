"""Guidelines: what the labels of a project mean, as Markdown that people write; every version is kept."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from tokapp.errors import BadInput, StaleRevision
from tokapp.store.activity import note
from tokapp.store.guidance_tables import GuidelineTable
from tokapp.store.guidance_values import Guidelines
from tokapp.store.projects import check_text, task_of
from tokapp.store.tables import ProjectTable, now

LONGEST = 100_000
"""Characters that guidelines may have."""
NONE = Guidelines(0, "", "", None)


def guidelines(session: Session, project_id: int, version: int | None = None) -> Guidelines:
    """The newest version, or that one; version 0 with an empty text where there is none."""
    query = select(GuidelineTable).where(GuidelineTable.project_id == project_id)
    if version is not None:
        query = query.where(GuidelineTable.version == version)
    row = session.scalar(query.order_by(GuidelineTable.version.desc()).limit(1))
    return NONE if row is None else _value(row)


def versions(session: Session, project_id: int) -> list[Guidelines]:
    """Every version, the newest first."""
    query = select(GuidelineTable).where(GuidelineTable.project_id == project_id)
    return [_value(row) for row in session.scalars(query.order_by(GuidelineTable.version.desc()))]


def save(session: Session, project_id: int, text: str, by: str, *, seen: int) -> Guidelines:
    """Add a version upon the one that was seen; the same text again adds none. Raises StaleRevision, BadInput."""
    task_of(session, project_id)  # raises NotFound
    session.scalar(select(ProjectTable.id).where(ProjectTable.id == project_id).with_for_update())
    newest = guidelines(session, project_id)
    if newest.version != seen:
        raise StaleRevision("the guidelines", seen=seen, now=newest.version)
    _check(text)
    if text == newest.text:
        return newest
    row = GuidelineTable(project_id=project_id, version=seen + 1, text=text, by=by, at=now())
    session.add(row)
    session.flush()
    note(session, f"changed the guidelines (version {row.version})", by=by, project_id=project_id)
    return _value(row)


def _check(text: str) -> None:
    if len(text) > LONGEST:
        raise BadInput(f"guidelines have at most {LONGEST:,} characters, these have {len(text):,}")
    if "\x00" in text:
        raise BadInput("the guidelines hold a NUL character, which no database keeps: remove it")
    check_text(text, where="guidelines")


def _value(row: GuidelineTable) -> Guidelines:
    return Guidelines(row.version, row.text, row.by, row.at)
