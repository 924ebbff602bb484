"""What a training can leave out to see what it is worth: the work of one person, or of one day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from tokapp.errors import BadInput
from tokapp.store.tables import DocumentTable, EventTable


@dataclass(frozen=True, slots=True)
class Without:
    """Documents of the train part that `person` worked on, or that anybody worked on that `day` (in UTC).

    They are left out whole: without one of its labels a document would teach that there is none.
    """

    person: str = ""
    day: date | None = None

    def __post_init__(self) -> None:
        if bool(self.person) is (self.day is not None):
            raise BadInput("a what-if leaves out the work of one person or of one day: name one of them")

    def __str__(self) -> str:
        return f"the work of {self.person or self.day}"


@dataclass(frozen=True, slots=True)
class Workers:
    """Who worked on documents that models learn from, by name, and on which days, the newest first."""

    people: tuple[str, ...]
    days: tuple[date, ...]


def touched(session: Session, project_id: int, without: Without) -> set[int]:
    """Ids of the documents to leave out; raises BadInput where there are none."""
    where: tuple[ColumnElement[bool], ...] = (EventTable.by == without.person,)
    if without.day is not None:
        first = datetime.combine(without.day, time.min, UTC)
        where = (EventTable.at >= first, EventTable.at < first + timedelta(days=1))
    query = select(EventTable.document_id).join(DocumentTable, DocumentTable.id == EventTable.document_id)
    found = set(session.scalars(query.where(*_of_people(project_id), *where).distinct()))
    if not found:
        raise BadInput(f"nothing that models learn from would be left out without {without}: choose something else")
    return found


def workers(session: Session, project_id: int) -> Workers:
    """Whose work, and that of which days, can be left out."""
    query = select(EventTable.by, EventTable.at).join(DocumentTable, DocumentTable.id == EventTable.document_id)
    rows = session.execute(query.where(*_of_people(project_id))).all()
    days = sorted({at.astimezone(UTC).date() for _, at in rows}, reverse=True)
    return Workers(tuple(sorted({by for by, _ in rows})), tuple(days))


def _of_people(project_id: int) -> tuple[ColumnElement[bool], ...]:
    is_learnt = (DocumentTable.project_id == project_id, DocumentTable.split == "train")
    return (*is_learnt, DocumentTable.status == "labelled", EventTable.verb != "import")
