"""The worker: claims one job after the other and does it; imports go on beside them.

A job that raises a known error is closed with its sentence, and so is one that ran into a full disk or out of memory;
an unknown error is logged with its traceback and tried again. On SIGTERM or SIGINT the job goes back to the queue and
the worker ends.
"""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import FrameType
from typing import TypeAlias

from tokapp.errors import JobCancelled, LeaseLost, ModelUnavailable, StoreUnavailable, TokappError
from tokapp.inference.resident import Resident
from tokapp.jobs.context import HEARTBEAT_SECONDS, Context
from tokapp.jobs.faults import sentence_of
from tokapp.jobs.handlers import find_handler, heavy_kinds, light_kinds
from tokapp.jobs.importing import remove_leftovers
from tokapp.jobs.starting import Starter
from tokapp.settings import Settings
from tokapp.store import JobRow, Store

_LOG = logging.getLogger(__name__)
_IDLE_SECONDS = 0.5
_TIDY_SECONDS = 600.0

Beside: TypeAlias = Callable[[Store, Resident], AbstractContextManager[object]]
"""Something that a worker does all the while with its store and its models."""


def run_worker(settings: Settings, *, once: bool = False, beside: Beside | None = None) -> None:
    """Do jobs until told to stop, or with `once` until none is waiting; raises StoreUnavailable.

    What `beside` gives is entered as long as jobs are done.
    """
    store, models = Store(settings.database_url), Resident(settings)
    worker, light = Worker(store, settings, models), Worker(store, settings, models, light_kinds)
    lighter = threading.Thread(target=light.work, kwargs={"once": once}, name="light-jobs", daemon=True)
    ended = threading.Event()
    tidying = threading.Thread(target=_tidy, args=(store, settings, ended), name="leftovers", daemon=True)
    try:
        with _Signals(worker.stop, light.stop), nullcontext() if beside is None else beside(store, models):
            lighter.start()
            tidying.start()
            worker.run(once=once)
            if not once:
                light.stop()
            lighter.join()
            ended.set()
            tidying.join()
    finally:
        store.close()


def _tidy(store: Store, settings: Settings, ended: threading.Event) -> None:
    """Remove what no import asks for any more, now and every few minutes."""
    while True:
        try:
            remove_leftovers(store, settings)
        except (StoreUnavailable, OSError) as error:
            _LOG.warning("leftovers not removed error=%s", error)
        if ended.wait(_TIDY_SECONDS):
            return


class Worker:
    """One who does one job at a time: a name, the models of the process, and the job it is at."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        models: Resident,
        kinds: Callable[[], Sequence[str]] = heavy_kinds,
    ) -> None:
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
        self._store, self._settings, self._models, self._kinds = store, settings, models, kinds
        self._stopping = threading.Event()
        self._context: Context | None = None
        self._starter = Starter(store) if "train" in kinds() else None

    def stop(self) -> None:
        """Give the present job back and end; safe to call from a signal handler."""
        self._stopping.set()
        if self._context is not None:
            self._context.stopping.set()

    def run(self, *, once: bool = False) -> None:
        """Do jobs until stopped, or with `once` until none is waiting, and show signs of life."""
        beat = threading.Thread(target=self._beat, name="worker-heartbeat", daemon=True)
        beat.start()
        _LOG.info("worker started owner=%s", self.owner)
        self.work(once=once)
        self._stopping.set()
        beat.join()
        _LOG.info("worker stopped owner=%s", self.owner)

    def work(self, *, once: bool = False) -> None:
        """Do jobs until stopped, or with `once` until none is waiting."""
        while not self._stopping.is_set():
            job = self._claim()
            if job is not None:
                self._do(job)
            elif once:
                break
            elif not self._start_due():
                self._stopping.wait(_IDLE_SECONDS)

    def _start_due(self) -> bool:
        """Start the trainings that rules ask for; whether there were any."""
        try:
            return self._starter is not None and bool(self._starter.look())
        except TokappError as error:
            _LOG.warning("rules not looked at error=%s", error)
            return False

    def _claim(self) -> JobRow | None:
        try:
            return self._store.claim(self.owner, self._kinds())
        except StoreUnavailable as error:
            _LOG.warning("claim failed error=%s", error)
            return None

    def _do(self, job: JobRow) -> None:
        _LOG.info("job started id=%d kind=%s attempt=%d", job.id, job.kind, job.attempt)
        started = time.monotonic()
        context = Context(self._store, self._settings, job, self.owner, self._models)
        self._context = context
        if self._stopping.is_set():
            context.stopping.set()
        try:
            close = self._outcome(context, job)
            close()
        except LeaseLost:
            _LOG.warning("job lost id=%d", job.id)
        except StoreUnavailable as error:
            _LOG.error("job not closed id=%d error=%s", job.id, error)
        finally:
            self._context = None
        _LOG.info("job ended id=%d seconds=%.1f", job.id, time.monotonic() - started)

    def _outcome(self, context: Context, job: JobRow) -> Callable[[], None]:
        """Do a job; gives what is to be told to the store, after the job's heartbeat has ended."""
        store, owner = self._store, self.owner
        try:
            with context:
                result = find_handler(job.kind)(context, job)
            context.flush()
            return lambda: store.finish(job.id, owner, result)
        except LeaseLost:
            raise
        except JobCancelled:
            if context.cancelled.is_set():
                return lambda: store.mark_cancelled(job.id, owner)
            return lambda: store.release(job.id, owner)
        except TokappError as error:
            message, again = str(error), isinstance(error, StoreUnavailable)
            _LOG.warning("job failed id=%d error=%s", job.id, message)
            return lambda: store.fail(job.id, owner, message, retry=again)
        except Exception as error:  # noqa: BLE001 - whatever a job does, the worker must live on to do the next one
            _LOG.exception("job broke id=%d", job.id)
            fault = sentence_of(error)
            if fault is not None:
                return lambda: store.fail(job.id, owner, fault, retry=False)
            reason = f"an unexpected error stopped it ({type(error).__name__}): the worker's log has the details"
            return lambda: store.fail(job.id, owner, reason, retry=True)

    def _beat(self) -> None:
        device = self._settings.device
        while True:
            try:
                self._store.beat_worker(self.owner, os.getpid(), device)
            except StoreUnavailable as error:
                _LOG.warning("worker heartbeat failed error=%s", error)
            if self._stopping.wait(HEARTBEAT_SECONDS):
                return
            device = _resolved(self._settings.device)


def _resolved(device: str) -> str:
    """The device that `auto` stands for; only after a first sign of life, since torch takes seconds to import."""
    from tokapp.models.device import choose_device

    try:
        return str(choose_device(device))
    except ModelUnavailable:  # the first job that needs it says so in its own words
        return device


class _Signals:
    """While entered, SIGTERM and SIGINT call every `stop`; outside of the main thread signals are left alone."""

    def __init__(self, *stops: Callable[[], None]) -> None:
        self._stops = stops
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                self._before[number] = signal.signal(number, self._handle)

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal.signal returned, unchanged

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        for stop in self._stops:
            stop()
