"""The queue of jobs in the database, and how every call of the store opens its one short transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from tokapp.documents import Json
from tokapp.errors import StoreUnavailable
from tokapp.store import jobs as _jobs
from tokapp.store.database import open_engine, writing
from tokapp.store.values import JobKind, JobRow, WorkerRow


class JobQueue:
    """Jobs and workers of one database; `Store` adds everything else."""

    def __init__(self, url: str) -> None:
        """Open the database of that URL and bring its schema up to date; raises StoreUnavailable."""
        self.url = url
        self._engine = open_engine(url)
        self._writer = writing(self._engine)

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        with _known_errors(), Session(self._engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        with _known_errors(), Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    def enqueue(
        self, kind: str, *, project_id: int | None = None, payload: Mapping[str, Json], max_attempts: int = 2
    ) -> JobRow:
        """Put a job in the queue, or give the identical one that is open."""
        with self._writing() as session:
            return _jobs.enqueue(session, kind, project_id=project_id, payload=payload, max_attempts=max_attempts)

    def jobs(self, project_id: int | None = None, kind: str | None = None, limit: int = 20) -> list[JobRow]:
        """Jobs, newest first."""
        with self._reading() as session:
            return _jobs.jobs(session, project_id, kind, limit)

    def open_jobs(self, kind: str) -> list[JobRow]:
        """Every job of a kind that waits or runs, oldest first."""
        with self._reading() as session:
            return _jobs.open_jobs(session, kind)

    def job(self, job_id: int) -> JobRow:
        """The job of that id; raises NotFound."""
        with self._reading() as session:
            return _jobs.job(session, job_id)

    def request_cancel(self, job_id: int) -> JobRow:
        """Cancel a queued job at once, ask a running one to stop."""
        with self._writing() as session:
            return _jobs.request_cancel(session, job_id)

    def retry(self, job_id: int) -> JobRow:
        """Put a failed or cancelled job back in the queue; raises BadInput for any other."""
        with self._writing() as session:
            return _jobs.retry(session, job_id)

    def claim(self, owner: str, kinds: Sequence[str] | None = None) -> JobRow | None:
        """Take the oldest job that waits or whose worker died."""
        with self._writing() as session:
            return _jobs.claim(session, owner, kinds)

    def is_awaited(self, *, but: JobKind) -> bool:
        """Whether a job of any other kind waits for a worker."""
        with self._reading() as session:
            return _jobs.is_awaited(session, but)

    def heartbeat(
        self,
        job_id: int,
        owner: str,
        progress: float | None = None,
        message: str | None = None,
        log: str | Sequence[str] | None = None,
        curve: Mapping[str, Json] | Sequence[Mapping[str, Json]] | None = None,
    ) -> bool:
        """Renew the lease, note progress, and say whether a cancel was requested; raises LeaseLost."""
        with self._writing() as session:
            return _jobs.heartbeat(session, job_id, owner, progress=progress, message=message, log=log, curve=curve)

    def finish(self, job_id: int, owner: str, result: Mapping[str, Json]) -> None:
        """Close a job as done; raises LeaseLost."""
        with self._writing() as session:
            _jobs.finish(session, job_id, owner, result)

    def fail(self, job_id: int, owner: str, error: str, retry: bool = False) -> None:
        """Close a job as failed, or queue it again if `retry` and attempts are left; raises LeaseLost."""
        with self._writing() as session:
            _jobs.fail(session, job_id, owner, error, retry=retry)

    def release(self, job_id: int, owner: str) -> None:
        """Give a job back to the queue without using up an attempt; raises LeaseLost."""
        with self._writing() as session:
            _jobs.release(session, job_id, owner)

    def mark_cancelled(self, job_id: int, owner: str) -> None:
        """Close a job as cancelled; raises LeaseLost."""
        with self._writing() as session:
            _jobs.mark_cancelled(session, job_id, owner)

    def beat_worker(self, owner: str, pid: int, device: str) -> None:
        """Say that a worker is alive."""
        with self._writing() as session:
            _jobs.beat_worker(session, owner, pid, device)

    def workers(self) -> list[WorkerRow]:
        """Workers, the one heard of last first."""
        with self._reading() as session:
            return _jobs.workers(session)


@contextmanager
def _known_errors() -> Iterator[None]:
    """Turn what the database says into a sentence."""
    try:
        yield
    except OperationalError as error:
        raise StoreUnavailable(f"the database did not answer ({error.orig}): try again in a moment") from error
    except PoolTimeout as error:  # every connection of this process is in use
        raise StoreUnavailable("too many people are at work at this moment: try again in a few seconds") from error
