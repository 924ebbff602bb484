"""Explaining a whole project in the worker: asked twice it is one job, and a killed worker loses no document."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from tokapp.documents import Document, Json
from tokapp.home import register_built_in_models
from tokapp.jobs import run_worker
from tokapp.models import load_model
from tokapp.settings import Settings
from tokapp.store import Project, Store
from tokapp.store.tables import JobTable, now
from tokapp.tasks import load_task

DOCUMENTS = 6
PAYLOAD: dict[str, Json] = {"model": "reviews", "everything": True}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_environment({"TOKAPP_HOME": str(tmp_path), "TOKAPP_DEVICE": "cpu"})


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    opened = Store(settings.database_url)
    register_built_in_models(opened)
    yield opened
    opened.close()


@pytest.fixture
def project(store: Store, settings: Settings) -> Project:
    """Predicted reviews, each with a feature in it."""
    made = store.create_project("p", load_task("reviews"))
    texts = [f"I love the dark mode and the search bar of the new version {n}, it works" for n in range(DOCUMENTS)]
    store.add_documents(made.id, [Document(f"d{n}", text, "reviews") for n, text in enumerate(texts)], source="f")
    rows = list(store.iterate_documents(made.id))
    predictions = load_model("reviews", settings=settings).predict([document for _, document in rows])
    store.add_predictions(made.id, "reviews", zip([pk for pk, _ in rows], predictions, strict=True))
    assert len(store.unexplained(made.id, "reviews")) == DOCUMENTS
    return made


@pytest.fixture
def start_worker(settings: Settings) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        imports = "import os; from tokapp.jobs import run_worker; from tokapp.settings import Settings"
        line = f"{imports}; settings = Settings.from_environment(os.environ); run_worker(settings, once=True)"
        environment = {**os.environ, "TOKAPP_HOME": str(settings.home), "TOKAPP_DATABASE_URL": ""}
        started.append(subprocess.Popen([sys.executable, "-c", line], env=environment))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def wait_until(ready: Callable[[], bool], seconds: float = 120) -> None:
    """Wait for something to become true; fails when it takes far too long."""
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_second_request_is_the_same_job(store: Store, project: Project) -> None:
    first = store.enqueue("explain", project_id=project.id, payload=PAYLOAD)
    second = store.enqueue("explain", project_id=project.id, payload=dict(reversed(PAYLOAD.items())))
    assert first.id == second.id and len(store.jobs(project.id, "explain")) == 1


def test_a_killed_workers_explanations_stay_and_the_next_worker_makes_the_rest(
    store: Store, project: Project, start_worker: Callable[[], subprocess.Popen[bytes]]
) -> None:
    job = store.enqueue("explain", project_id=project.id, payload=PAYLOAD)
    first = start_worker()
    wait_until(lambda: len(store.unexplained(project.id, "reviews")) <= DOCUMENTS - 2)
    first.send_signal(signal.SIGKILL)
    first.wait()
    left = len(store.unexplained(project.id, "reviews"))
    assert 0 < left < DOCUMENTS
    with store._writing() as session:  # as if the lease had run out: nobody wants to wait for it
        session.execute(update(JobTable).where(JobTable.id == job.id).values(lease_until=now()))
    assert start_worker().wait(240) == 0
    done = store.job(job.id)
    assert (done.state, done.attempt, done.result["documents"]) == ("done", 2, left)
    assert store.unexplained(project.id, "reviews") == []
    speed = done.result["speed"]
    assert isinstance(speed, float) and speed > 0


def test_a_cancelled_job_keeps_what_it_made(
    store: Store, project: Project, start_worker: Callable[[], subprocess.Popen[bytes]]
) -> None:
    job = store.enqueue("explain", project_id=project.id, payload=PAYLOAD)
    worker = start_worker()
    wait_until(lambda: len(store.unexplained(project.id, "reviews")) < DOCUMENTS)
    store.request_cancel(job.id)
    assert worker.wait(60) == 0
    assert store.job(job.id).state == "cancelled"
    explained = DOCUMENTS - len(store.unexplained(project.id, "reviews"))
    assert 0 < explained < DOCUMENTS
    assert all(store.attributions(pk, "reviews") for pk in store.explained_among(range(1, DOCUMENTS + 1), "reviews"))


def test_explanations_stand_back_for_what_people_wait_for(
    store: Store, project: Project, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    explained = store.enqueue("explain", project_id=project.id, payload={**PAYLOAD, "budget": 16})
    other = store.create_project("other", load_task("reviews"))
    seen: list[int] = []
    add = Store.add_attributions

    def add_and_ask(self: Store, pk: int, found: object) -> None:
        add(self, pk, found)  # type: ignore[arg-type]  # passed on as it came
        seen.append(pk)
        if len(seen) == 2:
            store.enqueue("predict", project_id=other.id, payload={"model": "reviews"})

    monkeypatch.setattr(Store, "add_attributions", add_and_ask)
    run_worker(settings, once=True)
    (predicted,) = store.jobs(other.id)
    done = store.job(explained.id)
    assert (predicted.state, done.state, done.attempt) == ("done", "done", 1)
    assert predicted.finished is not None and done.finished is not None and predicted.finished < done.finished
    assert len(seen) == len(set(seen)) == DOCUMENTS
