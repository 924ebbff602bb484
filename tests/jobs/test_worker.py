"""A worker as people run it: its own process, a real SQLite file, real signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from tokapp.documents import Document
from tokapp.settings import Settings
from tokapp.store import JobRow, Project, Store
from tokapp.store.tables import JobTable, now
from tokapp.tasks import Label, Task

TASK = Task("reviews", "Reviews", span_labels=(Label("feature", "#112233"),))

# Kinds of jobs as somebody would add them: `count` works step by step in files of its folder, `stuck` never looks up.
WORKER = """
import sys, time
from tokapp.jobs import register, run_worker
from tokapp.settings import Settings

def count(context, job):
    steps = int(job.payload["steps"])
    for step in range(steps):
        mark = context.folder / str(step)
        if mark.exists():
            continue
        time.sleep(float(job.payload["seconds"]))
        mark.write_text(str(job.attempt))
        context.report(progress=(step + 1) / steps, log=f"step {step}")
    return {"attempts": sorted(int(file.read_text()) for file in context.folder.iterdir())}

def stuck(context, job):
    context.report(message="in it")
    time.sleep(30)
    return {}

def broken(context, job):
    raise ZeroDivisionError("a fault in a handler")

register("count", count)
register("stuck", stuck)
register("broken", broken)
run_worker(Settings.from_environment(__import__("os").environ), once=sys.argv[1:] == ["--once"])
"""


class Workers:
    """Worker processes of one home folder."""

    def __init__(self, home: Path) -> None:
        self.settings = Settings.from_environment({"TOKAPP_HOME": str(home)})
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "TOKAPP_HOME": str(self.settings.home), "TOKAPP_DATABASE_URL": ""}
        process = subprocess.Popen([sys.executable, "-c", WORKER, *arguments], env=environment)
        self.started.append(process)
        return process


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    made = Workers(tmp_path)
    yield made
    for process in made.started:
        process.kill()
        process.wait()


@pytest.fixture
def store(workers: Workers) -> Iterator[Store]:
    opened = Store(workers.settings.database_url)
    yield opened
    opened.close()


@pytest.fixture
def project(store: Store) -> Project:
    return store.create_project("p", TASK)


def wait_for(job: Callable[[], JobRow], ready: Callable[[JobRow], bool], seconds: float = 120) -> JobRow:
    """The job's row once it is ready; fails when it takes far too long."""
    deadline = time.monotonic() + seconds
    while not ready(job()):
        assert time.monotonic() < deadline, job()
        time.sleep(0.1)
    return job()


def test_a_killed_workers_job_is_finished_once_by_the_next(workers: Workers, store: Store, project: Project) -> None:
    job = store.enqueue("count", project_id=project.id, payload={"steps": 8, "seconds": 0.3})
    first = workers.start()
    marks = workers.settings.home / "jobs" / str(job.id)
    wait_for(lambda: store.job(job.id), lambda _: (marks / "2").exists())
    first.send_signal(signal.SIGKILL)
    first.wait()
    dead = wait_for(lambda: store.job(job.id), lambda row: row.is_stalled, seconds=30)
    assert dead.state == "running" and dead.attempt == 1
    workers.start()
    done = wait_for(lambda: store.job(job.id), lambda row: row.state == "done")
    attempts = done.result["attempts"]
    assert isinstance(attempts, list)
    assert done.attempt == 2 and len(attempts) == 8 and attempts[:3] == [1, 1, 1] and attempts[-1] == 2


def test_a_cancelled_job_stops_within_five_seconds(workers: Workers, store: Store, project: Project) -> None:
    job = store.enqueue("count", project_id=project.id, payload={"steps": 1000, "seconds": 0.1})
    workers.start()
    wait_for(lambda: store.job(job.id), lambda row: row.progress > 0)
    store.request_cancel(job.id)
    cancelled = wait_for(lambda: store.job(job.id), lambda row: row.state == "cancelled", seconds=30)
    assert cancelled.finished is not None and cancelled.heartbeat is not None


def test_even_a_job_that_does_not_look_up_is_closed_when_cancelled(
    workers: Workers, store: Store, project: Project
) -> None:
    job = store.enqueue("stuck", project_id=project.id, payload={})
    workers.start()
    wait_for(lambda: store.job(job.id), lambda row: row.message == "in it")
    store.request_cancel(job.id)
    wait_for(lambda: store.job(job.id), lambda row: row.state == "cancelled", seconds=25)


def test_a_long_step_keeps_its_lease(workers: Workers, store: Store, project: Project) -> None:
    job = store.enqueue("stuck", project_id=project.id, payload={})
    workers.start()
    running = wait_for(lambda: store.job(job.id), lambda row: row.message == "in it")
    later = wait_for(lambda: store.job(job.id), lambda row: row.heartbeat != running.heartbeat)
    assert later.state == "running" and not later.is_stalled


def test_a_worker_that_is_asked_to_stop_gives_its_job_back(workers: Workers, store: Store, project: Project) -> None:
    job = store.enqueue("count", project_id=project.id, payload={"steps": 1000, "seconds": 0.1})
    process = workers.start()
    wait_for(lambda: store.job(job.id), lambda row: row.progress > 0)
    process.terminate()
    assert process.wait(60) == 0
    back = store.job(job.id)
    assert (back.state, back.attempt, back.owner) == ("queued", 0, None)


def test_two_workers_do_every_job_once(workers: Workers, store: Store, project: Project) -> None:
    ids = [
        store.enqueue("count", project_id=project.id, payload={"steps": 1, "seconds": 0.01, "n": n}).id
        for n in range(30)
    ]
    processes = [workers.start("--once") for _ in range(2)]
    assert [process.wait(120) for process in processes] == [0, 0]
    rows = [store.job(pk) for pk in ids]
    assert {(row.state, row.attempt) for row in rows} == {("done", 1)}
    assert all(row.log == ("step 0",) for row in rows)


def test_a_broken_handler_does_not_end_the_worker(workers: Workers, store: Store, project: Project) -> None:
    broken = store.enqueue("broken", project_id=project.id, payload={})
    good = store.enqueue("count", project_id=project.id, payload={"steps": 1, "seconds": 0})
    assert workers.start("--once").wait(120) == 0
    assert store.job(good.id).state == "done"
    row = store.job(broken.id)
    assert (row.state, row.attempt) == ("failed", 2)
    assert "unexpected error" in row.error and "Traceback" not in row.error


def test_a_request_that_makes_no_sense_fails_with_a_sentence(workers: Workers, store: Store, project: Project) -> None:
    wrong = store.enqueue("predict", project_id=project.id, payload={"modle": "reviews"})
    missing = store.enqueue("predict", project_id=project.id, payload={"model": "no-such-model"})
    assert workers.start("--once").wait(240) == 0
    assert "modle" in store.job(wrong.id).error
    assert "no-such-model" in store.job(missing.id).error
    assert {store.job(pk).attempt for pk in (wrong.id, missing.id)} == {1}


def test_predictions_and_explanations_are_stored_by_the_worker(
    workers: Workers, store: Store, project: Project
) -> None:
    texts = ["I love the dark mode of this app", "The search is broken since the update", "Please add a widget"]
    store.add_documents(project.id, [Document(f"d{n}", text) for n, text in enumerate(texts)], source="f")
    predict = store.enqueue("predict", project_id=project.id, payload={"model": "reviews"})
    asked = {"model": "reviews", "limit": 1, "budget": 32, "wanted_error": 0.5}
    explain = store.enqueue("explain", project_id=project.id, payload=asked)
    assert workers.start("--once").wait(300) == 0
    assert store.job(predict.id).result == {"model": "reviews", "documents": 3, "precision": "float32"}
    assert store.unpredicted(project.id, "reviews") == []
    marked = [pk for pk, prediction in store.predictions(project.id, "reviews") if prediction.spans]
    assert marked and store.job(explain.id).result["documents"] == 1
    stored = store.attributions(marked[0], "reviews")
    assert stored and store.job(explain.id).result["attributions"] == len(stored)


def test_a_worker_is_seen_alive(workers: Workers, store: Store) -> None:
    process = workers.start()
    deadline = time.monotonic() + 60
    while not store.workers():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    [worker] = store.workers()
    assert worker.pid == process.pid and worker.is_alive


def test_a_worker_that_lost_its_lease_writes_nothing_more(workers: Workers, store: Store, project: Project) -> None:
    job = store.enqueue("count", project_id=project.id, payload={"steps": 1000, "seconds": 0.1})
    workers.start()
    wait_for(lambda: store.job(job.id), lambda row: row.progress > 0)
    with store._writing() as session:
        taken = {"owner": "somebody else", "lease_until": now() + timedelta(minutes=5)}
        session.execute(update(JobTable).where(JobTable.id == job.id).values(**taken))
    before = store.job(job.id)
    threading.Event().wait(5)
    after = store.job(job.id)
    assert (after.owner, after.heartbeat, after.log) == ("somebody else", before.heartbeat, before.log)
