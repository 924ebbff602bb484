"""What is set up for a project, such as the pattern that marks snap to: a JSON value under a name."""

from __future__ import annotations

from sqlalchemy.orm import Session

from tokapp.documents import Json
from tokapp.patterns import check_pattern
from tokapp.store.activity import note
from tokapp.store.dialects import insert_or_update
from tokapp.store.guidance_tables import ProjectSettingTable
from tokapp.store.projects import check_text, task_of

_PATTERN = "snap_pattern"


def snap_pattern(session: Session, project_id: int) -> str:
    """The regular expression whose matches are marked as a whole; "" if none is set."""
    value = _setting(session, project_id, _PATTERN)
    return value if isinstance(value, str) else ""


def save_snap_pattern(session: Session, project_id: int, pattern: str, by: str) -> None:
    """Set or, with "", take away the pattern; raises NotFound, BadInput if it is no regular expression."""
    task_of(session, project_id)  # raises NotFound
    check_text(pattern, where="pattern")
    check_pattern(pattern)
    if pattern == snap_pattern(session, project_id):
        return
    statement = insert_or_update(session, ProjectSettingTable, ["project_id", "name"], ["value"])
    session.execute(statement, {"project_id": project_id, "name": _PATTERN, "value": pattern})
    what = f"set the pattern that marks snap to: {pattern}" if pattern else "took away the pattern that marks snap to"
    note(session, what, by=by, project_id=project_id)


def _setting(session: Session, project_id: int, name: str) -> Json:
    row = session.get(ProjectSettingTable, (project_id, name))
    return None if row is None else row.value
