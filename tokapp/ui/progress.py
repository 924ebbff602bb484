"""The live view of one job: how far it is, how long it will take, cancel and retry."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import streamlit as st

from tokapp.ui import access, session
from tokapp.ui.text import ago, duration, escape, shorten

if TYPE_CHECKING:
    from tokapp.store.values import JobRow

_OPEN = ("queued", "running")
_LONG = 30.0
"""Seconds after which even a job of hours has come far enough to say how long it will take."""
_WORDS = {"queued": "waiting", "running": "running", "done": "done", "failed": "failed", "cancelled": "cancelled"}
_COLORS = {"queued": "gray", "running": "blue", "done": "green", "failed": "red", "cancelled": "gray"}
_NAMES = {
    "predict": "Predictions",
    "explain": "Explanations",
    "judge": "Check of the reasons",
    "rank": "Scores for the queue",
    "train": "Training",
    "curve": "Trainings on parts of the labels",
    "import": "Import",
    "export": "Export",
    "bulk": "Changes in many documents",
}


def is_open(job: JobRow) -> bool:
    """Whether the job waits or runs."""
    return job.state in _OPEN


def open_job(project_id: int, kind: str) -> JobRow | None:
    """The newest job of a kind in a project that waits or runs."""
    return next((job for job in session.store().jobs(project_id, kind, limit=5) if is_open(job)), None)


def show_job(job: JobRow, *, extra: Callable[[JobRow], None] | None = None) -> None:
    """Draw a job; while it is open, once a second anew, and the whole page when it ends. `extra` draws below it."""
    if is_open(job):
        _show_live(job.id, extra)
    else:
        _show_once(job, extra)


@st.fragment(run_every="1s")
def _show_live(job_id: int, extra: Callable[[JobRow], None] | None) -> None:
    with session.guard():
        job = session.store().job(job_id)
        if not is_open(job):
            st.rerun()
        _show_once(job, extra)


def _show_once(job: JobRow, extra: Callable[[JobRow], None] | None) -> None:
    with st.container(border=True, key=f"job_{job.id}"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            with st.container(horizontal=True, vertical_alignment="center", width="content"):
                st.markdown(f"**{_NAMES.get(job.kind, job.kind)}**", width="content")
                state_badge(job)
            _draw_action(job)
        if is_open(job):
            st.progress(min(max(job.progress, 0.0), 1.0))
        st.caption(escape(_line(job)))
        if job.state == "failed":
            st.error(escape(job.error or "The job failed without a reason."), icon=":material/error:")
        if extra is not None:
            extra(job)


def state_badge(job: JobRow) -> None:
    """The job's state as a coloured word."""
    asked = job.cancel_requested and is_open(job)
    st.badge("stopping" if asked else _WORDS[job.state], color=_COLORS[job.state])  # type: ignore[arg-type]  # one of the colours of Streamlit


def _draw_action(job: JobRow) -> None:
    if is_open(job):
        asked = job.cancel_requested
        if access.button("Cancel", "train", key=f"cancel_{job.id}", icon=":material/stop:", disabled=asked):
            session.store().request_cancel(job.id)
            st.rerun()
    elif job.state in ("failed", "cancelled") and access.button(
        "Retry", "train", key=f"retry_{job.id}", icon=":material/refresh:"
    ):
        session.store().retry(job.id)
        st.rerun()


def _line(job: JobRow) -> str:
    if job.state == "queued":
        return waiting_reason()
    parts = [job.message] if job.message else []
    elapsed = elapsed_seconds(job)
    if elapsed is not None:
        parts.append(f"{duration(elapsed)} so far" if is_open(job) else f"took {duration(elapsed)}")
    if is_open(job) and elapsed is not None and job.progress > (0.02 if elapsed < _LONG else 0.0):
        parts.append(f"about {duration(elapsed * (1 - job.progress) / job.progress)} left")
    if job.finished is not None:
        parts.append(ago(job.finished))
    if job.attempt > 1:
        parts.append(f"attempt {job.attempt} of {job.max_attempts}")
    return " · ".join(parts)


def waiting_reason() -> str:
    """Why a job waits: another one runs, which is named, or no worker is there."""
    store = session.store()
    if not any(worker.is_alive for worker in store.workers()):
        return "Waiting: the worker is not running. Start it in a terminal with: tokapp worker"
    busy = next((job for job in store.jobs(limit=50) if job.state == "running"), None)
    if busy is None:
        return "Waiting for the worker to become free."
    what = _NAMES.get(busy.kind, busy.kind).lower()
    names = {one.project.id: one.project.name for one in store.projects()}
    where = f" in {shorten(names[busy.project_id], 40)}" if busy.project_id in names else ""
    return f"Waiting for the worker, which is at {what}{where} ({busy.progress:.0%})."


def elapsed_seconds(job: JobRow) -> float | None:
    """Seconds since the job began, until it ended; None before."""
    if job.started is None:
        return None
    return (_aware(job.finished or datetime.now(UTC)) - _aware(job.started)).total_seconds()


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
