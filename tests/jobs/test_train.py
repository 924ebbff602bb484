"""A real training in a real worker, killed in the middle: it goes on once, and nothing stored is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tokapp import places
from tokapp.documents import Document
from tokapp.formats import iter_documents
from tokapp.home import register_built_in_models
from tokapp.store import JobRow, Store
from tokapp.tasks import load_task

RECIPE = {"steps": [{"step": "fine_tune", "mode": "lora", "epochs": 6}, {"step": "calibrate"}]}


def _worker(home: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "TOKAPP_HOME": str(home), "TOKAPP_DEVICE": "cpu", "TOKAPP_THREADS": "1"}
    environment.pop("TOKAPP_DATABASE_URL", None)
    return subprocess.Popen([sys.executable, "-m", "tokapp", "worker", "--once"], env=environment)


def _wait(store: Store, job: int, is_reached: Callable[[JobRow], bool]) -> JobRow:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        row = store.job(job)
        if is_reached(row):
            return row
        assert row.state in ("queued", "running"), row.error
        time.sleep(0.2)
    raise AssertionError(f"the job stayed {row.state} at {row.progress}: {row.message}")


@pytest.mark.timeout(900)
def test_a_training_killed_in_the_middle_goes_on_once(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'tokapp.db'}")
    register_built_in_models(store)
    project = store.create_project("P", load_task("reviews"))
    items = iter_documents(places.data() / "samples" / "reviews.jsonl", "reviews")
    store.add_documents(project.id, (one for one in items if isinstance(one, Document)), source="s.jsonl")
    gold = [(one.id, one.spans) for one in store.gold(project.id)]
    payload = {"name": "mine", "base": "reviews", "recipe": RECIPE, "extra": None}
    job = store.enqueue("train", project_id=project.id, payload=payload).id

    first = _worker(tmp_path)
    _wait(store, job, lambda row: row.progress > 0.3)
    first.send_signal(signal.SIGKILL)
    first.wait(30)
    checkpoints = list((tmp_path / "jobs" / str(job) / "checkpoints").rglob("*.safetensors"))
    assert checkpoints, "an epoch had been saved"
    plan = json.loads((tmp_path / "jobs" / str(job) / "plan.json").read_text("utf-8"))

    _wait(store, job, lambda row: row.is_stalled)
    _worker(tmp_path).wait(300)
    row = store.job(job)
    assert (row.state, row.attempt) == ("done", 2), row.error
    assert row.result["model"] == plan["name"] == "mine"
    assert row.result["snapshot"] == plan["snapshot"]
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["mine"]
    mine = store.model("mine")
    assert mine.parent == "reviews" and mine.state == "candidate"
    figures = mine.metrics["test"]
    assert isinstance(figures, dict) and 0 < float(str(figures["span_overlap_f1"])) <= 1
    assert [(one.id, one.spans) for one in store.gold(project.id)] == gold
    store.close()
