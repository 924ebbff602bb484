"""Uploaded files as a job: every row goes in once or is listed, whatever happens to the worker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from tokapp.formats.failures import read_failures
from tokapp.jobs import Context, register, run_worker
from tokapp.jobs.importing import remove_leftovers
from tokapp.settings import FAILURES, Settings
from tokapp.store import JobRow, Project, Store
from tokapp.store.tables import JobTable, now
from tokapp.tasks import load_task


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_environment({"TOKAPP_HOME": str(tmp_path)})


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    opened = Store(settings.database_url)
    yield opened
    opened.close()


@pytest.fixture
def project(store: Store) -> Project:
    return store.create_project("p", load_task("reviews"))


def upload(settings: Settings, store: Store, project: Project, **files: bytes) -> JobRow:
    """The files as a page hands them over."""
    folder = settings.uploads / "ab12"
    folder.mkdir(parents=True)
    for place, content in enumerate(files.values()):
        (folder / str(place)).write_bytes(content)
    named = [{"name": f"{name}.csv", "mapping": {"text": "said"} if name == "odd" else None} for name in files]
    return store.enqueue("import", project_id=project.id, payload={"folder": "ab12", "files": named})  # type: ignore[dict-item]  # lists of JSON values


def test_good_rows_go_in_and_the_others_are_listed(settings: Settings, store: Store, project: Project) -> None:
    content = b"id,text\n1,I like the dark mode\n2,\n3,I like the dark mode\n"
    job = upload(settings, store, project, good=content, odd=b"text,said\nno,Search is broken\n", empty=b"")
    run_worker(settings, once=True)
    done = store.job(job.id)
    assert done.state == "done" and done.error == ""
    assert done.result["files"] == [
        {"name": "good.csv", "added": 1, "duplicates": 1, "failed": 1},
        {"name": "odd.csv", "added": 1, "duplicates": 0, "failed": 0},
        {"name": "empty.csv", "added": 0, "duplicates": 0, "failed": 1},
    ]
    listed = list(read_failures(settings.job_folder(job.id) / FAILURES))
    assert [(one.file, one.place) for one in listed] == [("good.csv", "line 3"), ("empty.csv", "")]
    assert sorted(document.text for _, document in store.iterate_documents(project.id)) == [
        "I like the dark mode",
        "Search is broken",
    ]
    assert not (settings.uploads / "ab12").exists()


def test_an_upload_that_is_gone_fails_with_a_sentence(settings: Settings, store: Store, project: Project) -> None:
    payload = {"folder": "ff", "files": []}
    job = store.enqueue("import", project_id=project.id, payload=payload)  # type: ignore[arg-type]  # JSON values
    run_worker(settings, once=True)
    assert "upload them again" in store.job(job.id).error


def test_uploads_stay_until_no_job_asks_for_them(settings: Settings, store: Store, project: Project) -> None:
    waiting = upload(settings, store, project, few=b"text\nI like the dark mode\n")
    for name in ("cancelled before", "being written"):
        (settings.uploads / name).mkdir()
    (settings.uploads / "labelled.jsonl").write_text("a training asks for it")
    long_ago = time.time() - 7200
    for name in ("ab12", "cancelled before", "labelled.jsonl"):
        os.utime(settings.uploads / name, (long_ago, long_ago))
    remove_leftovers(store, settings)
    assert {one.name for one in settings.uploads.iterdir()} == {"ab12", "being written", "labelled.jsonl"}
    store.request_cancel(waiting.id)
    run_worker(settings, once=True)
    assert {one.name for one in settings.uploads.iterdir()} == {"being written", "labelled.jsonl"}


def test_a_killed_import_goes_on_where_it_stopped(settings: Settings, store: Store, project: Project) -> None:
    rows = [f"{n},{'' if n % 1000 == 7 else f'Review number {n} about the widget'}" for n in range(30_000)]
    job = upload(settings, store, project, many=("id,text\n" + "\n".join(rows)).encode())
    environment = {**os.environ, "TOKAPP_HOME": str(settings.home), "TOKAPP_DATABASE_URL": ""}
    worker = subprocess.Popen([sys.executable, "-m", "tokapp", "worker"], env=environment)
    points = settings.job_folder(job.id) / "points.json"
    while not points.exists():
        assert worker.poll() is None
        time.sleep(0.02)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    half = store.count_documents(project.id)
    assert 0 < half < 29_970 and store.job(job.id).state == "running"
    with Session(store._engine) as session, session.begin():  # as if the lease had run out
        session.execute(update(JobTable).values(lease_until=now() - timedelta(seconds=1)))
    run_worker(settings, once=True)
    done = store.job(job.id)
    assert (done.state, done.attempt) == ("done", 2)
    assert store.count_documents(project.id) == 29_970
    assert len(list(read_failures(settings.job_folder(job.id) / FAILURES))) == 30
    (told,) = done.result["files"]  # type: ignore[misc]  # a list of one
    # A batch that was stored in the moment before the kill is found again; no more than that is read twice.
    assert told["failed"] == 30 and told["added"] + told["duplicates"] == 29_970  # type: ignore[index,operator,call-overload]
    assert told["duplicates"] <= 2000  # type: ignore[index,operator,call-overload]


def test_an_import_does_not_wait_for_a_training(settings: Settings, store: Store, project: Project) -> None:
    seen: list[str] = []

    def long(context: Context, _job: JobRow) -> dict[str, None]:
        while store.job(quick.id).state != "done":
            context.report(message="at it")
            time.sleep(0.05)
        seen.append("imported meanwhile")
        return {}

    register("long", long)
    store.enqueue("long", project_id=project.id, payload={})
    quick = upload(settings, store, project, few=b"text\nI like the dark mode\n")
    run_worker(settings, once=True)
    assert seen == ["imported meanwhile"] and store.count_documents(project.id) == 1
