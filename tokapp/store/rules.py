"""What people chose for a project about promoting and training: every choice stays stored, the newest counts."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from tokapp.documents import Json
from tokapp.errors import BadInput
from tokapp.evaluation.gate import MARGIN
from tokapp.store.activity import note
from tokapp.store.model_tables import ProjectRuleTable
from tokapp.store.projects import task_of
from tokapp.store.promotion_values import Rule
from tokapp.store.tables import now

_MARGIN = "promotion_margin"


def rule(session: Session, project_id: int, name: str) -> Rule | None:
    """What counts now under a name; None where nobody chose."""
    query = select(ProjectRuleTable).where(ProjectRuleTable.project_id == project_id, ProjectRuleTable.name == name)
    row = session.scalar(query.order_by(ProjectRuleTable.id.desc()).limit(1))
    return None if row is None else Rule(row.value, row.by, row.at)


def choose_rule(session: Session, project_id: int, name: str, value: Json, by: str, *, says: str) -> None:
    """Let a value count from now on; `says` is its line in the feed. Raises NotFound."""
    task_of(session, project_id)  # raises NotFound
    known = rule(session, project_id, name)
    if known is not None and known.value == value:
        return
    session.add(ProjectRuleTable(project_id=project_id, name=name, value=value, by=by, at=now()))
    session.flush()
    note(session, says, by=by, project_id=project_id)


def margin(session: Session, project_id: int) -> float:
    """How much F1 a label may lose when another model comes into use."""
    found = rule(session, project_id, _MARGIN)
    return float(found.value) if found is not None and isinstance(found.value, int | float) else MARGIN


def choose_margin(session: Session, project_id: int, value: float, by: str) -> None:
    """Choose how much F1 a label may lose, 0 to 1; raises BadInput, NotFound."""
    if not 0 <= value <= 1:
        raise BadInput(f"a label may lose between 0 and 1 of F1, not {value}")
    says = f"let a label lose at most {value:g} F1 on the golden set"
    choose_rule(session, project_id, _MARGIN, float(value), by, says=says)
