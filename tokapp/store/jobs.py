"""The job queue: a job is a row with a lease; whoever holds the lease may write to it, nobody else.

A worker that dies stops its heartbeat; when the lease runs out the next worker takes the job over, as long as it
has attempts left.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any, cast

from sqlalchemy import CursorResult, exists, insert, or_, select, update
from sqlalchemy.orm import Session

from tokapp.documents import Json
from tokapp.errors import BadInput, LeaseLost, NotFound
from tokapp.store.activity import note
from tokapp.store.dialects import insert_or_skip
from tokapp.store.tables import JobCurveTable, JobLogTable, JobTable, WorkerTable, now
from tokapp.store.values import JobKind, JobRow, JobState, WorkerRow

LEASE = timedelta(seconds=20)
_ALIVE = timedelta(seconds=15)
_LOG_LINES = 200
_OPEN = ("queued", "running")


def enqueue(
    session: Session, kind: str, *, project_id: int | None = None, payload: Mapping[str, Json], max_attempts: int = 2
) -> JobRow:
    """Put a job in the queue; an open job of the same kind, project and payload is given back instead."""
    digest = sha256(json.dumps([kind, project_id, payload], sort_keys=True).encode()).hexdigest()
    row = {
        "kind": kind,
        "project_id": project_id,
        "payload": dict(payload),
        "digest": digest,
        "state": "queued",
        "progress": 0.0,
        "message": "",
        "result": {},
        "error": "",
        "attempt": 0,
        "max_attempts": max_attempts,
        "cancel_requested": False,
        "created": now(),
    }
    session.connection().execute(insert_or_skip(session, JobTable), [row])
    opened = select(JobTable).where(JobTable.digest == digest, JobTable.state.in_(_OPEN))
    return _value(session, session.scalars(opened).one())


def jobs(session: Session, project_id: int | None = None, kind: str | None = None, limit: int = 20) -> list[JobRow]:
    """Jobs, newest first."""
    query = select(JobTable).order_by(JobTable.id.desc()).limit(limit)
    if project_id is not None:
        query = query.where(JobTable.project_id == project_id)
    if kind is not None:
        query = query.where(JobTable.kind == kind)
    return [_value(session, row) for row in session.scalars(query).all()]


def open_jobs(session: Session, kind: str) -> list[JobRow]:
    """Every job of a kind that waits or runs, oldest first."""
    query = select(JobTable).where(JobTable.kind == kind, JobTable.state.in_(_OPEN)).order_by(JobTable.id)
    return [_value(session, row) for row in session.scalars(query).all()]


def job(session: Session, job_id: int) -> JobRow:
    """The job of that id; raises NotFound."""
    return _value(session, _find(session, job_id))


def request_cancel(session: Session, job_id: int) -> JobRow:
    """Cancel a queued job at once and ask the worker of a running one to stop; a closed job stays as it is."""
    row = _find(session, job_id)
    if row.state == "queued":
        row.state, row.finished = "cancelled", now()
    if row.state in ("running", "cancelled"):
        row.cancel_requested = True
    session.flush()
    return _value(session, row)


def retry(session: Session, job_id: int) -> JobRow:
    """Put a failed or cancelled job back in the queue with fresh attempts; raises BadInput for any other."""
    row = _find(session, job_id)
    if row.state not in ("failed", "cancelled"):
        raise BadInput(f"job {job_id} is {row.state}: only a failed or cancelled job can be tried again")
    twin = session.scalar(select(JobTable).where(JobTable.digest == row.digest, JobTable.state.in_(_OPEN)))
    if twin is not None:
        return _value(session, twin)
    row.state, row.attempt, row.cancel_requested = "queued", 0, False
    row.error, row.message, row.progress, row.finished, row.owner = "", "", 0.0, None, None
    session.flush()
    return _value(session, row)


def claim(session: Session, owner: str, kinds: Sequence[str] | None = None) -> JobRow | None:
    """Take the oldest job that waits or whose worker died, for `owner`; None if there is none.

    Explanations come last: there may be hours of them, and nobody waits for all of them at once.
    """
    at = now()
    _close_lost(session)
    ready = select(JobTable.id).where(
        or_(JobTable.state == "queued", (JobTable.state == "running") & (JobTable.lease_until < at)),
        JobTable.attempt < JobTable.max_attempts,
    )
    if kinds is not None:
        ready = ready.where(JobTable.kind.in_(kinds))
    ready = ready.order_by(JobTable.kind == "explain", JobTable.created, JobTable.id).limit(1)
    if session.get_bind().dialect.name == "postgresql":
        ready = ready.with_for_update(skip_locked=True)
    taken = (
        update(JobTable)
        .where(JobTable.id == ready.scalar_subquery())
        .values(
            state="running",
            owner=owner,
            attempt=JobTable.attempt + 1,
            lease_until=at + LEASE,
            heartbeat=at,
            started=at,
            error="",
        )
        .returning(JobTable.id)
        .execution_options(synchronize_session=False)
    )
    job_id = session.scalar(taken)
    return None if job_id is None else _value(session, session.get_one(JobTable, job_id, populate_existing=True))


def _close_lost(session: Session) -> None:
    """Close jobs whose worker died and that must not be tried again."""
    lost = select(JobTable).where(JobTable.state == "running", JobTable.lease_until < now())
    for row in session.scalars(lost.with_for_update(skip_locked=True)).all():
        if row.cancel_requested:
            _close(session, row, "cancelled")
        elif row.attempt >= row.max_attempts:
            row.error = f"its worker stopped {row.attempt} times without a word: look at its log, then try again"
            _close(session, row, "failed")
    session.flush()


def is_awaited(session: Session, but: JobKind) -> bool:
    """Whether a job of any other kind waits for a worker."""
    return bool(session.scalar(select(exists().where(JobTable.state == "queued", JobTable.kind != but))))


def heartbeat(
    session: Session,
    job_id: int,
    owner: str,
    *,
    progress: float | None = None,
    message: str | None = None,
    log: str | Sequence[str] | None = None,
    curve: Mapping[str, Json] | Sequence[Mapping[str, Json]] | None = None,
) -> bool:
    """Renew the lease and note progress (0 to 1); gives whether a cancel was requested. Raises LeaseLost."""
    at = now()
    values: dict[str, Any] = {"lease_until": at + LEASE, "heartbeat": at}
    if progress is not None:
        values["progress"] = min(max(float(progress), 0.0), 1.0)
    if message is not None:
        values["message"] = message
    _update_owned(session, job_id, owner, values)
    lines = [log] if isinstance(log, str) else list(log or ())
    points = [curve] if isinstance(curve, Mapping) else list(curve or ())
    if lines:
        session.execute(insert(JobLogTable), [{"job_id": job_id, "line": line} for line in lines])
    if points:
        session.execute(insert(JobCurveTable), [{"job_id": job_id, "point": dict(point)} for point in points])
    return bool(session.scalar(select(JobTable.cancel_requested).where(JobTable.id == job_id)))


def finish(session: Session, job_id: int, owner: str, result: Mapping[str, Json]) -> None:
    """Close a job as done; raises LeaseLost."""
    _update_owned(session, job_id, owner, {"result": dict(result), "progress": 1.0})
    _close(session, _find(session, job_id), "done")


def fail(session: Session, job_id: int, owner: str, error: str, *, retry: bool) -> None:
    """Close a job as failed, or put it back if `retry` and attempts are left; raises LeaseLost."""
    _update_owned(session, job_id, owner, {"error": error})
    row = _find(session, job_id)
    if retry and row.attempt < row.max_attempts and not row.cancel_requested:
        row.state, row.owner, row.lease_until = "queued", None, None
        session.flush()
    else:
        _close(session, row, "failed")


def release(session: Session, job_id: int, owner: str) -> None:
    """Give a job back to the queue without using up an attempt: its worker was asked to stop. Raises LeaseLost."""
    _update_owned(session, job_id, owner, {"message": ""})
    row = _find(session, job_id)
    row.state, row.owner, row.lease_until, row.attempt = "queued", None, None, row.attempt - 1
    session.flush()


def mark_cancelled(session: Session, job_id: int, owner: str) -> None:
    """Close a job that stopped because a person wished so; raises LeaseLost."""
    _update_owned(session, job_id, owner, {"cancel_requested": True})
    _close(session, _find(session, job_id), "cancelled")


def beat_worker(session: Session, owner: str, pid: int, device: str) -> None:
    """Say that a worker is alive."""
    row = session.get(WorkerTable, owner) or WorkerTable(owner=owner)
    row.pid, row.device, row.seen = pid, device, now()
    session.add(row)


def workers(session: Session) -> list[WorkerRow]:
    """Workers, the one heard of last first."""
    rows = session.scalars(select(WorkerTable).order_by(WorkerTable.seen.desc()))
    return [WorkerRow(row.owner, row.pid, row.device, row.seen, now() - row.seen < _ALIVE) for row in rows]


def _update_owned(session: Session, job_id: int, owner: str, values: Mapping[str, Any]) -> None:
    owned = (JobTable.id == job_id, JobTable.owner == owner, JobTable.state == "running")
    statement = update(JobTable).where(*owned).values(**values).execution_options(synchronize_session="fetch")
    result = cast(CursorResult[Any], session.execute(statement))
    if result.rowcount != 1:
        raise LeaseLost(f"job {job_id} is no longer held by {owner}: another worker has it, or it was closed")


_NAMES = {
    "predict": "predictions",
    "explain": "explanations",
    "rank": "scores for the queue",
    "train": "training",
    "curve": "trainings on parts of the labels",
    "bulk": "changes in many documents",
}
"""What people call a job of each kind."""


def _close(session: Session, row: JobTable, state: JobState) -> None:
    row.state, row.finished, row.owner, row.lease_until = state, now(), None, None
    if (row.kind, state) != ("import", "done"):  # each of its files has a line of its own
        note(session, f"{_NAMES.get(row.kind, row.kind)} {state}", project_id=row.project_id)
    session.flush()


def _find(session: Session, job_id: int) -> JobTable:
    row = session.get(JobTable, job_id, populate_existing=True)
    if row is None:
        raise NotFound(f"there is no job {job_id}")
    return row


def _value(session: Session, row: JobTable) -> JobRow:
    lines = select(JobLogTable.line).where(JobLogTable.job_id == row.id).order_by(JobLogTable.id.desc())
    points = select(JobCurveTable.point).where(JobCurveTable.job_id == row.id).order_by(JobCurveTable.id)
    return JobRow(
        id=row.id,
        kind=cast(JobKind, row.kind),
        project_id=row.project_id,
        state=cast(JobState, row.state),
        progress=row.progress,
        message=row.message,
        payload=row.payload,
        result=row.result,
        error=row.error,
        log=tuple(reversed(session.scalars(lines.limit(_LOG_LINES)).all())),
        curves=tuple(session.scalars(points)),
        attempt=row.attempt,
        max_attempts=row.max_attempts,
        owner=row.owner,
        created=row.created,
        started=row.started,
        finished=row.finished,
        heartbeat=row.heartbeat,
        cancel_requested=row.cancel_requested,
        is_stalled=row.state == "running" and row.lease_until is not None and row.lease_until < now(),
    )
