"""What a running job sees: its row, the store, models that stay loaded, and a way to report and to be stopped."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tokapp.documents import Json
from tokapp.errors import JobCancelled, LeaseLost, StoreUnavailable
from tokapp.inference.resident import Resident
from tokapp.jobs.notes import Notes
from tokapp.settings import Settings
from tokapp.store import JobRow, Store

if TYPE_CHECKING:
    from tokapp.models import Model

_LOG = logging.getLogger(__name__)
HEARTBEAT_SECONDS = 2.0


@dataclass(slots=True)
class _Report:
    """What the next heartbeat will tell the store."""

    progress: float | None = None
    message: str | None = None
    log: list[str] = field(default_factory=list)
    curve: list[Mapping[str, Json]] = field(default_factory=list)


class Context:
    """A job's hold on its lease; while it is entered, a thread of its own keeps the lease alive.

    A cancel is seen at the next heartbeat. A job that has not stopped one heartbeat later is closed as cancelled all
    the same, and whatever it still tries to write is refused.
    """

    def __init__(self, store: Store, settings: Settings, job: JobRow, owner: str, models: Resident) -> None:
        self.store, self.settings, self.job, self.owner, self._models = store, settings, job, owner, models
        self.stopping = threading.Event()
        self.cancelled = threading.Event()
        self.lost = threading.Event()
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._report = _Report()
        self._thread = threading.Thread(target=self._beat, name=f"job-{job.id}", daemon=True)

    def __enter__(self) -> Context:
        self._thread.start()
        self._notes = Notes(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        self._notes.close()
        self._done.set()
        self._thread.join()

    @property
    def folder(self) -> Path:
        """A folder of the job's own; it outlives the worker, so that the next attempt can go on from there."""
        folder = self.settings.job_folder(self.job.id)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def model(self, name: str) -> Model:
        """A loaded model; the last few stay in memory."""
        return self._models.load(name)

    def report(
        self,
        *,
        progress: float | None = None,
        message: str | None = None,
        log: str | None = None,
        curve: Mapping[str, Json] | None = None,
    ) -> None:
        """Say how far the job is (0 to 1) with the next heartbeat, and stop here if it was told to stop."""
        with self._lock:
            report = self._report
            report.progress = report.progress if progress is None else progress
            report.message = report.message if message is None else message
            report.log += [] if log is None else [log]
            report.curve += [] if curve is None else [curve]
        self.check()

    def _note(self, sentence: str) -> None:
        with self._lock:
            self._report.log.append(sentence)

    def should_stop(self) -> bool:
        """Whether to stop: a person cancelled, the worker is shutting down, or another worker has the job."""
        return self.cancelled.is_set() or self.stopping.is_set() or self.lost.is_set()

    def check(self) -> None:
        """Raise LeaseLost or JobCancelled if the job is to stop here."""
        if self.lost.is_set():
            raise LeaseLost(f"job {self.job.id} belongs to another worker now")
        if self.should_stop():
            raise JobCancelled(f"job {self.job.id} was told to stop")

    def give_way(self) -> None:
        """Stop here, to be taken up later, if a job of another kind waits; raises JobCancelled."""
        if self.store.is_awaited(but=self.job.kind):
            self.flush()
            self.check()
            raise JobCancelled(f"job {self.job.id} stands back for another one")

    def flush(self) -> None:
        """Tell the store now what was reported; raises LeaseLost."""
        with self._lock:
            report, self._report = self._report, _Report()
        cancel = self.store.heartbeat(
            self.job.id, self.owner, report.progress, report.message, report.log, report.curve
        )
        if cancel:
            self.cancelled.set()

    def _beat(self) -> None:
        while not self._done.wait(HEARTBEAT_SECONDS):
            try:
                self._beat_once()
            except LeaseLost:
                self.lost.set()
                return
            except StoreUnavailable as error:
                _LOG.warning("heartbeat failed job=%d error=%s", self.job.id, error)

    def _beat_once(self) -> None:
        if self.cancelled.is_set():
            self.store.mark_cancelled(self.job.id, self.owner)
            raise LeaseLost(f"job {self.job.id} was cancelled")
        self.flush()
