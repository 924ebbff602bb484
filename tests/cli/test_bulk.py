"""`tokapp predict` on more documents than one likes to score twice: killed for real, gone on with, and told of."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.counted import counting
from tokapp.cli.progress import Progress
from tokapp.formats import Failure
from tokapp.inference.portions import Portion
from tokapp.inference.unfinished import Point

DOCUMENTS = 2400
COUNTED = counting("from tokapp.cli import main; main(sys.argv[2:])")


class Run:
    """One run of the verb in a folder; `scored` are the documents that it cut into tokens, in order."""

    def __init__(self, folder: Path, name: str, *arguments: str) -> None:
        self._log = folder / name
        environment = {**os.environ, "TOKAPP_HOME": str(folder / "home"), "TOKAPP_DEVICE": "cpu", "TOKAPP_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", COUNTED, str(self._log), "predict", *arguments],
            env={**environment, "TOKAPP_DATABASE_URL": ""},
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def kill_once(self, file: Path) -> None:
        """SIGKILL as soon as a file is there."""
        deadline = time.monotonic() + 120
        while not file.exists():
            assert self.process.poll() is None and time.monotonic() < deadline, self.process.communicate()
            time.sleep(0.01)
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()

    def end(self) -> tuple[str, str]:
        """Standard output and error of a run that ends well."""
        output, error = self.process.communicate(timeout=240)
        assert self.process.returncode == 0, error
        return output, error

    @property
    def scored(self) -> list[str]:
        return self._log.read_text("utf-8").split()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = "".join(f'r{n},"Number {n}: the dark mode\nis lovely"\n' for n in range(DOCUMENTS))
    (tmp_path / "reviews.csv").write_text(f"id,text\n{rows}broken,\n", "utf-8")
    return tmp_path


def test_a_killed_prediction_is_gone_on_with_and_scores_nothing_twice(folder: Path) -> None:
    command = ("reviews.csv", "--task", "reviews", "-o", "out.jsonl")
    first = Run(folder, "first", *command)
    first.kill_once(folder / ".out.jsonl.part.json")
    safe = json.loads((folder / ".out.jsonl.part.json").read_text("utf-8"))["point"]["documents"]
    assert 0 < safe < DOCUMENTS and not (folder / "out.jsonl").exists()
    second = Run(folder, "second", *command)
    told, complaints = second.end()
    ids = [f"r{n}" for n in range(DOCUMENTS)]
    assert first.scored[:safe] == ids[:safe] and second.scored == ids[safe:]
    assert f"gone on with after {safe:,} documents" in complaints and "reviews.csv, line" in complaints
    assert told.startswith(f"{DOCUMENTS} documents, ")
    records = [json.loads(line) for line in (folder / "out.jsonl").read_text("utf-8").splitlines()]
    assert [record["id"] for record in records] == ids
    marked = {record["text"][span["start"] : span["end"]] for record in records for span in record["spans"]}
    assert "dark mode" in marked
    assert [file.name for file in folder.glob(".out*")] == []


def test_progress_tells_what_is_left(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 10.0, 20.0, 40.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    progress = Progress(every=5.0)
    progress.begins(Point(items=100, documents=100), 1_000, "")
    progress.within(100)
    progress.passed(Portion((), failures=(Failure("a.csv", "line 3", "no text"),)), Point(items=400, failed=1))
    progress.ends(Point(items=1_000))
    assert capsys.readouterr().err.splitlines() == [
        "  gone on with after 100 documents of an earlier start",
        "  200 of 1,000 documents, 10 a second, about 1 min 20 s left",
        "  a.csv, line 3: no text",
        "  400 of 1,000 documents, 10 a second, about 1 min 0 s left",
    ]
