"""A worker that meets a fault at one phase of a training, and one that goes on after it; run as a program of its own.

`python -m tests.jobs.faulty FOLDER CASE...`: a case is `phase-fault`. Each is given a tiny model and a project in a
home of its own, then one forked worker that meets the fault, then another that does not. What was found in between and
at the end is printed as JSON lines. Forks, since loading the libraries takes longer than all of these trainings.
"""

from __future__ import annotations

import errno
import json
import os
import resource
import shutil
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import update

from tests.models.voters import member
from tests.training.contract import TEXTS
from tokapp.documents import Document, Span
from tokapp.jobs import run_worker, train
from tokapp.models import load_model, registry
from tokapp.settings import Settings
from tokapp.store import Store
from tokapp.store.tables import JobTable, now
from tokapp.tasks import load_task
from tokapp.training import checkpoints

RECIPE = {"steps": [{"step": "fine_tune", "mode": "head", "epochs": 3, "learning_rate": 0.01}]}
Fault = Callable[[], None]


def prepare(home: Path) -> None:
    """A home whose model in use is a tiny one, a project with labels, and a training in the queue."""
    settings = settings_of(home)
    home.mkdir()
    tiny = member("bert", home / "backbone")
    registry.save(settings.models / "tiny", tiny.network, tiny.tokenizer, tiny.task)
    store = Store(settings.database_url)
    store.add_model("tiny", "reviews")
    store.promote("tiny", by="ana")
    project = store.create_project("Reviews", load_task("reviews")).id
    store.add_documents(project, [labelled(number) for number in range(40)], source="test")
    store.enqueue("train", project_id=project, payload={"name": "mine", "base": "tiny", "recipe": RECIPE})
    store.close()


def settings_of(home: Path) -> Settings:
    return Settings.from_environment({"TOKAPP_HOME": str(home), "TOKAPP_DEVICE": "cpu", "TOKAPP_THREADS": "1"})


def labelled(number: int) -> Document:
    text = f"{TEXTS[number % len(TEXTS)]} {number}"
    start = text.find("dark")
    spans = (Span(start, start + 9, "feature"),) if start >= 0 and "dark mode" in text else ()
    return Document(str(number), text, "reviews", spans, is_reviewed=True)


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def starve() -> None:
    raise MemoryError


def arm(phase: str, fault: str, home: Path) -> None:
    """Let the fault happen in this process once the training comes to that phase."""
    if fault == "disk":
        fill_disk(phase)
    elif fault == "corrupt":
        corrupt(phase, home)
    else:
        strike: Fault = kill if fault == "kill" else starve
        place, name, turn = PLACES[phase]
        replace(place, name, lambda real, *given, **named: strike() or real(*given, **named), turn=turn)


PLACES: dict[str, tuple[Any, str, int]] = {
    "preparing": (Store, "training_set", 1),
    "training": (checkpoints, "save_file", 6),  # four files are a checkpoint: this is in the second one
    "saving": (registry, "save_file", 1),
    "judging": (train, "predict_documents", 2),  # the parent's turn, after the version was scored
}


def replace(place: Any, name: str, instead: Callable[..., Any], *, turn: int = 1) -> None:
    """Call `instead` with the real function in its place, at its `turn`-th call and no other."""
    real, calls = getattr(place, name), [0]

    def call(*given: Any, **named: Any) -> Any:
        calls[0] += 1
        return instead(real, *given, **named) if calls[0] == turn else real(*given, **named)

    setattr(place, name, call)


def fill_disk(phase: str) -> None:
    """The system refuses what is written: by a limit on the size of files, where a file is written at once."""
    place, name, turn = PLACES[phase]
    if phase == "preparing":
        replace(Path, "write_text", lambda real, *given, **named: no_space(), turn=1)
        return
    if phase == "judging":
        place, name = Store, "add_predictions"

    def write(real: Callable[..., Any], *given: Any, **named: Any) -> Any:
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
        try:
            return real(*given, **named)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    replace(place, name, write, turn=turn)


def no_space() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def corrupt(phase: str, home: Path) -> None:
    """Spoil what the phase reads: the parent, the checkpoint to go on from, or the version that was just saved."""
    models = settings_of(home).models
    if phase == "preparing":
        shutil.copytree(models / "tiny", home / "kept")
        spoil(models / "tiny" / "heads.safetensors")
    elif phase == "training":
        arm("training", "kill", home)
        replace(checkpoints, "save_file", lambda real, *given, **named: spoil_checkpoint(home) or real(*given), turn=6)
    elif phase == "judging":
        replace(train, "_judge", lambda real, *given: spoil(models / "mine" / "heads.safetensors") or real(*given))


def spoil_checkpoint(home: Path) -> None:
    for file in home.rglob("checkpoints/**/weights.safetensors"):
        spoil(file)


def spoil(file: Path) -> None:
    written = bytearray(file.read_bytes())
    written[-1] ^= 1
    file.write_bytes(bytes(written))


def in_fork(does: Callable[[], object]) -> int:
    """Do something in a process of its own; how it ended, as `os.waitpid` has it. Its exit code is 1 for False."""
    child = os.fork()
    if child == 0:
        os._exit(1 if does() is False else 0)
    return os.waitpid(child, 0)[1]


def work(home: Path, *fault: str) -> int:
    """One worker, which meets the fault if there is one."""

    def run() -> None:
        if fault:
            arm(fault[0], fault[1], home)
        run_worker(settings_of(home), once=True)

    return in_fork(run)


def go_on(home: Path, phase: str, fault: str) -> None:
    """What a person does then: nothing after a kill; else press Retry once the fault is gone."""
    if (phase, fault) == ("preparing", "corrupt"):
        shutil.rmtree(settings_of(home).models / "tiny")
        (home / "kept").rename(settings_of(home).models / "tiny")
    store = Store(settings_of(home).database_url)
    if store.job(1).state == "failed":
        store.retry(1)
    with store._writing() as session:
        session.execute(update(JobTable).values(lease_until=now() - timedelta(minutes=1)))
    store.close()


def report(home: Path) -> dict[str, Any]:
    """What there is in a home: the job, the versions, the labels, and whether the model in use serves."""
    settings = settings_of(home)
    store = Store(settings.database_url)
    job, in_use = store.job(1), store.promoted("reviews")
    found = {
        "state": job.state,
        "attempt": job.attempt,
        "error": job.error,
        "known": sorted(row.name for row in store.models()),
        "listed": [version.name for version in registry.versions(settings.models)],
        "there": sorted(path.name for path in settings.models.iterdir()),
        "in_use": None if in_use is None else in_use.name,
        "gold": len(list(store.gold(1))),
        "half": len([path for path in home.rglob("checkpoints/**/.*") if path.is_dir()]),
    }
    store.close()
    return found


def serves(home: Path) -> bool:
    """Whether the model in use still reads texts."""
    return in_fork(lambda: bool(load_model("tiny", settings=settings_of(home)).predict([labelled(0)]))) == 0


def main(folder: Path, cases: list[str]) -> None:
    in_fork(lambda: prepare(folder / "fresh"))
    for case in cases:
        phase, fault = case.split("-")
        home = shutil.copytree(folder / "fresh", folder / case)
        ended = work(home, phase, fault)
        met = {**report(home), "killed": os.WIFSIGNALED(ended) and os.WTERMSIG(ended) == signal.SIGKILL}
        met["serves"] = case == "preparing-corrupt" or serves(home)
        go_on(home, phase, fault)
        work(home)
        print(json.dumps({"case": case, "met": met, "after": report(home)}), flush=True)


if __name__ == "__main__":
    import torch

    import tokapp.evaluation.report
    import tokapp.inference.portions
    import tokapp.training.run  # noqa: F401  loaded before the first fork

    torch.set_num_threads(1)
    main(Path(sys.argv[1]), sys.argv[2:])
