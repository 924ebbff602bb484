"""The local door: answers as this process would give them, and never in anybody's way."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.api.conftest import wait_for
from tokapp import door
from tokapp.api.warm import listening, open_door
from tokapp.cli import main
from tokapp.doctor import CHECKS, DISPENSABLE, Check
from tokapp.documents import Document
from tokapp.inference.resident import Resident
from tokapp.jobs import Worker
from tokapp.jobs.handlers import heavy_kinds
from tokapp.settings import Settings
from tokapp.store import Store
from tokapp.tasks import load_task

TEXT = "The search bar crashes 👍🏽 since the update"
HEAVY = "{'torch','transformers','sqlalchemy','streamlit','pandas','fastapi'}"
PREDICT = f"""
import sys
from tokapp.cli import main
try:
    main(sys.argv[1:])
finally:
    print(sorted({HEAVY} & set(sys.modules)), file=sys.stderr)
"""
HOLD = """
import os, time
from tokapp.api.warm import open_door
from tokapp.inference.resident import Resident
from tokapp.settings import Settings
from tokapp.store import Store
settings = Settings.from_environment(os.environ)
with open_door(settings, Store(settings.database_url), Resident(settings)):
    time.sleep(60)
"""


@pytest.fixture
def inside(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The home's variables, and a folder to work in."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def opened(settings: Settings, store: Store, models: Resident) -> Iterator[None]:
    with open_door(settings, store, models):
        wait_for(settings.door)
        yield
    assert not settings.door.exists()


def examine_door(settings: Settings) -> list[Check]:
    """What the doctor says about it."""
    return list(CHECKS["local door"](settings))


def run(arguments: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PREDICT, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, timeout=60)


def tokapp(*arguments: str) -> None:
    """Run one verb in this process; anything but a clean end fails."""
    try:
        main(arguments)
    except SystemExit as stop:
        assert not stop.code, arguments


@pytest.mark.usefixtures("opened")
def test_only_its_owner_can_open_it(settings: Settings) -> None:
    mode = settings.door.stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600


@pytest.mark.usefixtures("opened")
def test_a_text_is_answered_without_loading_anything_heavy(environment: dict[str, str], models: Resident) -> None:
    done = run(["predict", "--task", "reviews", "--text", TEXT], environment)
    assert done.returncode == 0, done.stderr
    assert done.stderr.strip() == "[]"
    record = json.loads(done.stdout)
    (found,) = models.load("reviews").predict([Document("text-1", TEXT)])
    assert [(one["start"], one["end"], one["score"]) for one in record["spans"]] == [
        (span.start, span.end, round(span.score or 0, 6)) for span in found.spans
    ]


def test_warm_and_cold_give_the_same_files(
    inside: Path, settings: Settings, store: Store, models: Resident, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = f"id,text,stars\na,{TEXT},5\nb,Love the dark mode,1\nc,Love the dark mode,\n"
    (inside / "in.csv").write_text(rows, "utf-8")
    commands = [("predict", "in.csv"), ("predict", "--text", TEXT)]
    for command in commands:
        tokapp(*command, "--task", "reviews", "-o", f"cold-{command[1].strip('-')}.jsonl")
    tokapp("predict", "--text", TEXT, "--task", "reviews")
    cold = capsys.readouterr().out.splitlines()[-1]
    asked = len(asked_of(models))
    with open_door(settings, store, models):
        wait_for(settings.door)
        for command in commands:
            tokapp(*command, "--task", "reviews", "-o", f"warm-{command[1].strip('-')}.jsonl")
        tokapp("predict", "--text", TEXT, "--task", "reviews", "--model", "reviews")
    assert capsys.readouterr().out.splitlines()[-1] == cold
    assert len(asked_of(models)) > asked, "the worker's model has answered"
    for name in ("in.csv", "text"):
        assert Path(f"warm-{name}.jsonl").read_bytes() == Path(f"cold-{name}.jsonl").read_bytes()
    assert [json.loads(line)["meta"] for line in Path("warm-in.csv.jsonl").read_text("utf-8").splitlines()] == [
        {"stars": "5"},
        {"stars": "1"},
        {},
    ]


def asked_of(models: Resident) -> list[object]:
    """The answers that these models keep."""
    return list(models._answers._done)


@pytest.mark.usefixtures("opened")
def test_a_model_that_is_not_loaded_is_loaded_for_the_next_time(settings: Settings, models: Resident) -> None:
    assert door.find_warm(settings, "emails", None) is None
    until = time.monotonic() + 30
    while (warm := door.find_warm(settings, "emails", None)) is None:
        assert time.monotonic() < until
        time.sleep(0.1)
    assert warm.fingerprint == models.load("emails").fingerprint


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize("change", [{"precision": "bfloat16"}, {"database_url": "sqlite:///elsewhere"}, {"threads": 2}])
def test_another_tokapp_than_the_workers_gets_no_answer(settings: Settings, change: dict[str, object]) -> None:
    assert door.find_warm(settings, "reviews", None) is not None
    assert door.find_warm(replace(settings, **change), "reviews", None) is None  # type: ignore[arg-type]  # fields by name


@pytest.mark.usefixtures("opened")
def test_what_is_wrong_is_told_by_the_asker_as_without_a_worker(settings: Settings) -> None:
    assert door.find_warm(settings, "reviews", "no-such-model") is None
    assert door.find_warm(settings, "rag", "reviews") is None


@pytest.mark.usefixtures("opened")
def test_more_than_a_little_is_not_asked_of_the_worker(settings: Settings) -> None:
    warm = door.find_warm(settings, "reviews", None)
    assert warm is not None
    assert warm.predict([Document("a", "x" * (door.CHARACTERS + 1))]) is None
    assert warm.predict([Document(str(at), "x") for at in range(door.TEXTS + 1)]) is None


def test_a_socket_that_somebody_left_behind_is_no_door_and_no_hindrance(
    settings: Settings, store: Store, models: Resident
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(str(settings.door))
    assert door.find_warm(settings, "reviews", None) is None
    with open_door(settings, store, models):
        until = time.monotonic() + 5
        while door.find_warm(settings, "reviews", None) is None:
            assert time.monotonic() < until
            time.sleep(0.02)


@contextmanager
def stranger(path: Path, answer: Callable[[socket.socket], object]) -> Iterator[None]:
    """Somebody else behind the door, who answers one request after the other like that."""
    with listening(path) as listener:
        listener.settimeout(0.1)
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                try:
                    client, _ = listener.accept()
                except TimeoutError:
                    continue
                with client:
                    answer(client)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def _half(client: socket.socket) -> None:
    client.recv(10_000)
    client.sendall(b'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"model": ')


def _nonsense(client: socket.socket) -> None:
    client.recv(10_000)
    client.sendall(b'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]')


def _crumbs(client: socket.socket) -> None:
    client.recv(10_000)
    for _ in range(40):
        time.sleep(0.1)
        try:
            client.sendall(b"H")
        except OSError:
            return


@pytest.mark.parametrize("answer", [lambda client: time.sleep(2.5), _crumbs, _half, _nonsense, lambda client: None])
def test_a_worker_that_hangs_or_dies_is_given_up_within_seconds(
    tmp_path: Path, settings: Settings, answer: Callable[[socket.socket], object]
) -> None:
    elsewhere = replace(settings, home=tmp_path)
    with stranger(elsewhere.door, answer):
        begun = time.monotonic()
        assert door.find_warm(elsewhere, "reviews", None) is None
        assert door.Warm(elsewhere, "reviews", "", "float32").predict([Document("a", "text")]) is None
        assert time.monotonic() - begun < 5.5


def test_another_worker_takes_over_when_the_first_is_killed(
    environment: dict[str, str], settings: Settings, store: Store, models: Resident
) -> None:
    first = subprocess.Popen([sys.executable, "-c", HOLD], env={**os.environ, **environment})
    try:
        wait_for(settings.door, seconds=30)
        held = settings.door.stat().st_ino
        with open_door(settings, store, models):
            time.sleep(0.3)
            assert settings.door.stat().st_ino == held, "the second waits"
            os.kill(first.pid, signal.SIGKILL)
            first.wait()
            until = time.monotonic() + 10
            while door.find_warm(settings, "reviews", None) is None:
                assert time.monotonic() < until
                time.sleep(0.05)
            assert settings.door.stat().st_ino != held
    finally:
        first.kill()
        first.wait()


def test_a_home_whose_path_is_too_long_for_a_socket_only_has_no_door(
    tmp_path: Path, settings: Settings, store: Store, models: Resident
) -> None:
    home = tmp_path / ("long" * 30)
    home.mkdir()
    far = replace(settings, home=home)
    with open_door(far, store, models):
        time.sleep(0.1)
        assert door.find_warm(far, "reviews", None) is None


@pytest.mark.usefixtures("opened")
def test_answers_come_while_a_job_runs_and_the_job_goes_on(settings: Settings, store: Store, models: Resident) -> None:
    project = store.create_project("Beside", load_task("reviews")).id
    texts = [f"{TEXT}, says number {at}. " * 3 for at in range(90)]
    store.add_documents(project, [Document(str(at), text) for at, text in enumerate(texts)], source="test")
    job = store.enqueue("predict", project_id=project, payload={"model": "reviews"})
    worker = Worker(store, settings, models, heavy_kinds)
    thread = threading.Thread(target=worker.work, kwargs={"once": True})
    thread.start()
    answered = 0
    while thread.is_alive():
        warm = door.find_warm(settings, "reviews", None)
        found = None if warm is None else warm.predict([Document("a", f"{TEXT} {time.monotonic()}")])
        answered += found is not None and store.job(job.id).state == "running"
    thread.join()
    assert answered >= 1
    assert store.job(job.id).state == "done" and store.count_unpredicted(project, "reviews") == 0


@pytest.mark.usefixtures("opened")
def test_the_doctor_tells_whether_the_door_answers(settings: Settings, tmp_path: Path) -> None:
    found = {check.name: check for check in examine_door(settings)}
    assert found["local door"].ok
    (other,) = examine_door(replace(settings, home=tmp_path))
    assert not other.ok and "tokapp worker" in other.advice and other.name in DISPENSABLE


@pytest.mark.parametrize("text", ["", "  \n"])
def test_a_text_of_nothing_is_refused(inside: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["predict", "--task", "reviews", "--text", text])
    assert stop.value.code == 1
    assert "--text is empty" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["in.csv", "--text", "x"], ["in.csv"]])
def test_wrong_usage_is_told(inside: Path, arguments: list[str]) -> None:
    (inside / "in.csv").write_text("text\na\n", "utf-8")
    with pytest.raises(SystemExit) as stop:
        main(["predict", "--task", "reviews", *arguments])
    assert stop.value.code == 2
