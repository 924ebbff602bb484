"""Who was given which document, and what that means for the queue and for who may change what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import cast

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select, update
from sqlalchemy.orm import Session

from tokapp.store.activity import note
from tokapp.store.dialects import insert_or_update
from tokapp.store.tables import DocumentTable, LabellingTable, now
from tokapp.store.team_tables import AssignmentTable
from tokapp.store.team_values import BlindRound, Seat, Workload
from tokapp.store.values import SHARED, Status

LEFT: tuple[Status, ...] = ("new", "started")
DONE: tuple[Status, ...] = ("labelled", "skipped")

_COUNTS = AssignmentTable.withdrawn.is_(None)
_OPEN = and_(_COUNTS, AssignmentTable.decided.is_(None))
_HERE = AssignmentTable.document_id == DocumentTable.id


def _handed_in() -> ColumnElement[bool]:
    """Whether the person of an assignment has finished their own version."""
    return exists().where(
        LabellingTable.document_id == AssignmentTable.document_id,
        LabellingTable.layer == AssignmentTable.person,
        LabellingTable.status.in_(DONE),
    )


def mine(person: str) -> ColumnElement[bool]:
    """Documents that were given to a person and wait for them."""
    waits = or_(~AssignmentTable.is_blind, ~_handed_in())
    return exists().where(_HERE, AssignmentTable.person == person, _OPEN, waits)


def nobodys() -> ColumnElement[bool]:
    """Documents that are left to label and were given to nobody."""
    return and_(DocumentTable.status.in_(LEFT), ~exists().where(_HERE, _OPEN))


def in_blind_round() -> ColumnElement[bool]:
    """Documents that people label without seeing each other, and that no reviewer has decided yet."""
    return exists().where(_HERE, _OPEN, AssignmentTable.is_blind)


def in_unfinished_round() -> ColumnElement[bool]:
    """Documents whose blind versions nobody may see yet, because somebody has not handed in."""
    return exists().where(_HERE, _OPEN, AssignmentTable.is_blind, ~_handed_in())


def givable(session: Session, project_id: int, ids: Sequence[int], *, is_blind: bool) -> list[int]:
    """Those of the documents that can be given out so, in their order.

    Openly only what is left to label; blindly also what is labelled. A document is given either openly or blindly,
    and to nobody else once all have handed in.
    """
    here = (DocumentTable.project_id == project_id, DocumentTable.id.in_(ids))
    if is_blind:
        openly = exists().where(_HERE, _OPEN, ~AssignmentTable.is_blind)
        fits = and_(~openly, or_(~in_blind_round(), in_unfinished_round()))
    else:
        fits = and_(DocumentTable.status.in_(LEFT), ~in_blind_round())
    found = set(session.scalars(select(DocumentTable.id).where(*here, fits)))
    return [pk for pk in ids if pk in found]


def give(session: Session, shares: Mapping[int, Iterable[str]], *, is_blind: bool, by: str) -> list[tuple[int, str]]:
    """Give each document to its people; the pairs that are new.

    Left out is who has the document already, and who handed in a blind version of it before.
    """
    has = _already(session, list(shares), is_blind=is_blind)
    fresh = [(pk, person) for pk, people in shares.items() for person in people if (pk, person) not in has]
    moment = now()
    rows = [
        {"document_id": pk, "person": person, "is_blind": is_blind, "by_name": by, "at": moment} for pk, person in fresh
    ]
    if rows:
        columns = ("is_blind", "by_name", "at", "decided", "withdrawn")
        statement = insert_or_update(session, AssignmentTable, ["document_id", "person"], columns)
        session.execute(statement, [{**row, "decided": None, "withdrawn": None} for row in rows])
    return fresh


def _already(session: Session, ids: Sequence[int], *, is_blind: bool) -> set[tuple[int, str]]:
    given = select(AssignmentTable.document_id, AssignmentTable.person).where(
        AssignmentTable.document_id.in_(ids), _OPEN
    )
    found = {(pk, person) for pk, person in session.execute(given)}
    if is_blind:
        finished = select(LabellingTable.document_id, LabellingTable.layer).where(
            LabellingTable.document_id.in_(ids), LabellingTable.layer != SHARED, LabellingTable.status.in_(DONE)
        )
        found |= {(pk, person) for pk, person in session.execute(finished)}
    return found


def withdraw(session: Session, project_id: int, person: str, ids: Sequence[int] | None, *, by: str) -> int:
    """Take back what waits for a person (of those documents, else of the project); gives how many."""
    documents = select(DocumentTable.id).where(DocumentTable.project_id == project_id)
    if ids is not None:
        documents = documents.where(DocumentTable.id.in_(ids))
    waiting = and_(_OPEN, or_(~AssignmentTable.is_blind, ~_handed_in()))
    rows = session.scalars(
        select(AssignmentTable).where(
            AssignmentTable.person == person, AssignmentTable.document_id.in_(documents), waiting
        )
    ).all()
    moment = now()
    for row in rows:
        row.withdrawn = moment
    if rows:
        note(session, f"took {len(rows)} documents back from {person}", by=by, project_id=project_id)
    return len(rows)


def note_given(session: Session, project_id: int, pairs: Sequence[tuple[int, str]], *, is_blind: bool, by: str) -> None:
    """Say in the feed what was given to whom."""
    documents, people = len({pk for pk, _ in pairs}), sorted({person for _, person in pairs})
    how = " without seeing each other" if is_blind else ""
    note(session, f"gave {documents} documents to {', '.join(people)} to label{how}", by=by, project_id=project_id)


def follow_decision(session: Session, document_id: int, status: Status) -> None:
    """Close what was given out of a document when its shared labels are finished; open it when that is taken back."""
    is_done = status in DONE
    changed = AssignmentTable.decided.is_(None) if is_done else AssignmentTable.decided.is_not(None)
    query = update(AssignmentTable).where(AssignmentTable.document_id == document_id, _COUNTS, changed)
    session.execute(query.values(decided=now() if is_done else None))


def seat(session: Session, document_id: int, person: str) -> Seat:
    """Where a person works on a document, and why not if so."""
    states = _states(session, document_id)
    if not states:
        return Seat()
    people, is_ready = tuple(sorted(states)), all(status in DONE for status in states.values())
    if is_ready:
        closed = "Everybody has handed this in. Now a reviewer decides."
    elif person not in states:
        closed = f"{_and(people)} label this without seeing each other. A reviewer decides when all have handed in."
    else:
        closed = ""
    return Seat(person if person in states else SHARED, closed, people, is_ready)


def _states(session: Session, document_id: int) -> dict[str, Status]:
    """How far everybody of the open blind round is."""
    query = (
        select(AssignmentTable.person, LabellingTable.status)
        .outerjoin(LabellingTable, _own_version())
        .where(AssignmentTable.document_id == document_id, AssignmentTable.is_blind, _OPEN)
    )
    return {person: cast(Status, status or "new") for person, status in session.execute(query)}


def _own_version() -> ColumnElement[bool]:
    return and_(
        LabellingTable.document_id == AssignmentTable.document_id, LabellingTable.layer == AssignmentTable.person
    )


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def rounds(session: Session, project_id: int) -> list[BlindRound]:
    """Every document that was given out blindly, with how far each person is, by id."""
    query = (
        select(DocumentTable, AssignmentTable, LabellingTable.status)
        .join(AssignmentTable, _HERE)
        .outerjoin(LabellingTable, _own_version())
        .where(DocumentTable.project_id == project_id, AssignmentTable.is_blind, _COUNTS)
        .order_by(DocumentTable.id, AssignmentTable.person)
    )
    rows = [(document, given, cast(Status, status or "new")) for document, given, status in session.execute(query)]
    found = []
    for _, group in groupby(rows, key=lambda row: row[0].id):
        members = list(group)
        document = members[0][0]
        states = tuple((given.person, status) for _, given, status in members)
        is_decided = all(given.decided is not None for _, given, _ in members)
        found.append(BlindRound(document.id, document.external_id, document.preview, states, is_decided))
    return found


def to_decide(session: Session, project_id: int) -> int:
    """How many documents everybody has handed in blindly, so that a reviewer can decide on them, and nobody has."""
    is_done, is_decided = LabellingTable.status.in_(DONE), AssignmentTable.decided.is_not(None)
    waiting = (
        select(AssignmentTable.document_id)
        .join(DocumentTable, _HERE)
        .outerjoin(LabellingTable, _own_version())
        .where(DocumentTable.project_id == project_id, AssignmentTable.is_blind, _COUNTS)
        .group_by(AssignmentTable.document_id)
        .having(func.min(case((is_done, 1), else_=0)) == 1, func.min(case((is_decided, 1), else_=0)) == 0)
    )
    return session.scalar(select(func.count()).select_from(waiting.subquery())) or 0


def workloads(session: Session, project_id: int) -> list[Workload]:
    """What everybody was given in a project and how much of it is done, by name."""
    done = or_(AssignmentTable.decided.is_not(None), and_(AssignmentTable.is_blind, LabellingTable.status.in_(DONE)))
    query = (
        select(
            AssignmentTable.person,
            func.count(),
            func.sum(case((done, 1), else_=0)),
            func.sum(case((AssignmentTable.is_blind, 1), else_=0)),
        )
        .join(DocumentTable, _HERE)
        .outerjoin(LabellingTable, _own_version())
        .where(DocumentTable.project_id == project_id, _COUNTS)
        .group_by(AssignmentTable.person)
        .order_by(AssignmentTable.person)
    )
    return [Workload(person, given, int(ready), int(blind)) for person, given, ready, blind in session.execute(query)]
