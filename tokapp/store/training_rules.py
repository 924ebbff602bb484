"""When a training is to start by itself: what a project chose, and what has happened since the last one."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tokapp.documents import Json
from tokapp.errors import BadInput
from tokapp.store import jobs as store_jobs
from tokapp.store.model_tables import ProjectRuleTable
from tokapp.store.projects import task_of
from tokapp.store.rules import choose_rule, rule
from tokapp.store.tables import DocumentTable, EventTable, JobTable, ProjectTable
from tokapp.store.values import SHARED, JobRow

_NAME = "training"
_CORRECTIONS = ("add", "remove", "relabel", "move", "join", "reject", "set_label", "adjudicate")
_OPEN = ("queued", "running")


@dataclass(frozen=True, slots=True)
class TrainingRules:
    """A training starts after so many `corrections`, every so many `hours`, or when fewer are accepted.

    `accept_below` is a share: it counts once the whole 95 % interval of the accepted suggestions lies below it. None is
    off, and all of them are unless somebody chose otherwise.
    """

    corrections: int | None = None
    hours: int | None = None
    accept_below: float | None = None

    def __post_init__(self) -> None:
        if self.corrections is not None and not 1 <= self.corrections <= 1_000_000:
            raise BadInput(f"a training can start after 1 to 1,000,000 corrections, not {self.corrections}")
        if self.hours is not None and not 1 <= self.hours <= 24 * 365:
            raise BadInput(f"a training can start every 1 to 8,760 hours, not {self.hours}")
        if self.accept_below is not None and not 0 < self.accept_below < 1:
            raise BadInput(f"a share of accepted suggestions lies between 0 and 1, not at {self.accept_below}")

    @property
    def is_on(self) -> bool:
        """Whether any of them is chosen."""
        return self != TrainingRules()


def training_rules(session: Session, project_id: int) -> TrainingRules:
    """What a project chose."""
    found = rule(session, project_id, _NAME)
    return TrainingRules() if found is None else _read(found.value)


def _read(value: Json) -> TrainingRules:
    return TrainingRules(**value) if isinstance(value, dict) else TrainingRules()


def choose(session: Session, project_id: int, rules: TrainingRules, by: str) -> None:
    """Let rules count from now on; raises NotFound."""
    says = "chose when trainings start by themselves" if rules.is_on else "let no training start by itself"
    choose_rule(session, project_id, _NAME, asdict(rules), by, says=says)


def projects_with_rules(session: Session) -> dict[int, TrainingRules]:
    """The rules of every project that has any."""
    newest = select(func.max(ProjectRuleTable.id)).where(ProjectRuleTable.name == _NAME)
    query = select(ProjectRuleTable).where(ProjectRuleTable.id.in_(newest.group_by(ProjectRuleTable.project_id)))
    found = {row.project_id: _read(row.value) for row in session.scalars(query.order_by(ProjectRuleTable.project_id))}
    return {project_id: rules for project_id, rules in found.items() if rules.is_on}


def last_training(session: Session, project_id: int) -> datetime | None:
    """When the newest training of a project was asked for, however it ended."""
    query = select(func.max(JobTable.created)).where(JobTable.project_id == project_id, JobTable.kind == "train")
    return session.scalar(query)


def corrections_since(session: Session, project_id: int, moment: datetime | None) -> int:
    """How many corrections there were since, in finished documents that models learn from."""
    query = (
        select(func.count(EventTable.id))
        .join(DocumentTable, DocumentTable.id == EventTable.document_id)
        .where(DocumentTable.project_id == project_id, DocumentTable.split == "train")
        .where(DocumentTable.status == "labelled", EventTable.layer == SHARED, EventTable.verb.in_(_CORRECTIONS))
    )
    return session.scalar(query if moment is None else query.where(EventTable.at > moment)) or 0


def start(session: Session, project_id: int, payload: dict[str, Json]) -> JobRow | None:
    """Put a training in the queue unless one of the project waits or runs; raises NotFound."""
    task_of(session, project_id)
    session.execute(select(ProjectTable.id).where(ProjectTable.id == project_id).with_for_update())
    busy = select(JobTable.id).where(
        JobTable.project_id == project_id, JobTable.kind == "train", JobTable.state.in_(_OPEN)
    )
    if session.scalar(busy.limit(1)) is not None:
        return None
    return store_jobs.enqueue(session, "train", project_id=project_id, payload=payload)
