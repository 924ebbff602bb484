"""Predicting a project in the worker: killed for real, gone on with, cancelled, and nothing scored twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import update

from tests.counted import counting
from tokapp.documents import Document, Json, Prediction
from tokapp.home import register_built_in_models
from tokapp.jobs import run_worker
from tokapp.settings import Settings
from tokapp.store import Project, Store
from tokapp.store.tables import JobTable, now
from tokapp.tasks import load_task

DOCUMENTS = 2600
FIRST = 32
COUNTED = counting(
    "from tokapp.jobs import run_worker; from tokapp.settings import Settings;"
    "run_worker(Settings.from_environment(os.environ), once=True)"
)


class Desk:
    """A home folder with a project, and workers at it; `scored` is what a worker cut into tokens, in order."""

    def __init__(self, home: Path) -> None:
        self.home, self.started = home, list[subprocess.Popen[bytes]]()
        self.store = Store(Settings.from_environment({"TOKAPP_HOME": str(home)}).database_url)
        register_built_in_models(self.store)
        self.project: Project = self.store.create_project("p", load_task("reviews"))

    def fill(self, count: int) -> None:
        """Reviews that are all different."""
        documents = (Document(f"d{n}", f"Review {n}: the dark mode is lovely, but sync fails") for n in range(count))
        self.store.add_documents(self.project.id, documents, source="f")

    def start(self, name: str) -> subprocess.Popen[bytes]:
        """A worker that leaves when nothing is to do."""
        variables = {"TOKAPP_HOME": str(self.home), "TOKAPP_DEVICE": "cpu", "TOKAPP_THREADS": "1"}
        environment = {**os.environ, **variables, "TOKAPP_DATABASE_URL": ""}
        command = [sys.executable, "-c", COUNTED, str(self.home / name)]
        self.started.append(subprocess.Popen(command, env=environment))
        return self.started[-1]

    def scored(self, name: str) -> list[str]:
        return (self.home / name).read_text("utf-8").split()

    def left(self) -> int:
        return self.store.count_unpredicted(self.project.id, "reviews")

    def end_lease(self) -> None:
        """As if the lease of a dead worker had run out: nobody wants to wait for it."""
        with self.store._writing() as session:
            session.execute(update(JobTable).values(lease_until=now()))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    for process in made.started:
        process.kill()
        process.wait()
    made.store.close()


def wait_until(ready: Callable[[], bool], seconds: float = 120) -> None:
    """Wait for something to become true; fails when it takes far too long."""
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_killed_workers_predictions_stay_and_the_next_one_scores_only_the_rest(desk: Desk) -> None:
    desk.fill(DOCUMENTS)
    job = desk.store.enqueue("predict", project_id=desk.project.id, payload={"model": "reviews"})
    first = desk.start("first")
    wait_until(lambda: desk.left() < DOCUMENTS - FIRST)
    first.send_signal(signal.SIGKILL)
    first.wait()
    stored = {
        f"d{n}" for n, pk in enumerate(desk.store.document_ids(desk.project.id)) if desk.store.prediction(pk, "reviews")
    }
    assert FIRST < len(stored) < DOCUMENTS
    desk.end_lease()
    assert desk.start("second").wait(240) == 0
    done = desk.store.job(job.id)
    assert (done.state, done.attempt) == ("done", 2)
    assert done.result == {"model": "reviews", "documents": DOCUMENTS - len(stored), "precision": "float32"}
    assert sorted(desk.scored("second")) == sorted({f"d{n}" for n in range(DOCUMENTS)} - stored)
    assert stored <= set(desk.scored("first")) and desk.left() == 0
    assert done.message == f"{DOCUMENTS - len(stored):,} of {DOCUMENTS - len(stored):,} documents"


def test_a_cancelled_prediction_stops_within_five_seconds_and_keeps_what_it_made(desk: Desk) -> None:
    desk.fill(5 * DOCUMENTS)
    job = desk.store.enqueue("predict", project_id=desk.project.id, payload={"model": "reviews"})
    worker = desk.start("scored")
    wait_until(lambda: desk.left() < 5 * DOCUMENTS)
    asked = datetime.now(UTC)
    desk.store.request_cancel(job.id)
    assert worker.wait(60) == 0
    closed = desk.store.job(job.id)
    assert closed.state == "cancelled" and closed.finished is not None
    assert (closed.finished - asked).total_seconds() < 5
    assert 0 < closed.progress < 1 and f"of {5 * DOCUMENTS:,} documents" in closed.message
    assert 0 < desk.left() < 5 * DOCUMENTS


def test_documents_that_were_asked_for_by_id_are_not_scored_again_by_a_second_attempt(desk: Desk) -> None:
    desk.fill(40)
    ids = desk.store.document_ids(desk.project.id)
    desk.store.add_predictions(desk.project.id, "reviews", [(pk, Prediction("", "reviews", ())) for pk in ids[:4]])
    asked: list[Json] = [*ids[:30]]
    payload: dict[str, Json] = {"model": "reviews", "document_ids": asked}
    job = desk.store.enqueue("predict", project_id=desk.project.id, payload=payload)
    assert desk.store.claim("a worker that dies") is not None
    desk.store.add_predictions(desk.project.id, "reviews", [(pk, Prediction("", "reviews", ())) for pk in ids[10:20]])
    desk.end_lease()
    run_worker(Settings.from_environment({"TOKAPP_HOME": str(desk.home), "TOKAPP_DEVICE": "cpu"}), once=True)
    done = desk.store.job(job.id)
    assert (done.state, done.attempt, done.result["documents"]) == ("done", 2, 20)
    found = dict(desk.store.predictions(desk.project.id, "reviews"))
    assert [pk for pk in found if found[pk].words is None] == ids[10:20] and list(found) == ids[:30]
