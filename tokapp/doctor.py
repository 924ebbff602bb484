"""Is this installation healthy: device, versions, database, models and worker, each with ok or what to do."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tokapp import places
from tokapp.errors import TokappError
from tokapp.settings import Settings

_PACKAGES = ("tokapp", "streamlit", "torch", "transformers", "peft", "pandas", "sqlalchemy", "shap")


@dataclass(frozen=True, slots=True)
class Check:
    """One finding; `advice` is empty when `ok`."""

    name: str
    ok: bool
    detail: str
    advice: str = ""


def examine(settings: Settings) -> Iterator[Check]:
    """Check everything in turn; a failing check never stops the ones after it."""
    yield Check("python", True, platform.python_version())
    yield from _versions()
    for name, check in CHECKS.items():
        try:
            yield from check(settings)
        except (TokappError, OSError) as error:
            yield Check(name, False, type(error).__name__, str(error))


def _versions() -> Iterator[Check]:
    for name in _PACKAGES:
        try:
            yield Check(name, True, version(name))
        except PackageNotFoundError:
            yield Check(name, False, "not installed", f"pip install {name}")


def _device(settings: Settings) -> Iterator[Check]:
    from tokapp.models.device import available_cores, choose_device

    yield Check("device", True, f"{choose_device(settings.device)}, {available_cores()} cores")


def _home(settings: Settings) -> Iterator[Check]:
    probe = settings.home / ".doctor"
    settings.home.mkdir(parents=True, exist_ok=True)
    probe.write_text("ok", "utf-8")
    probe.unlink()
    yield Check("home", True, str(settings.home))


def _database(settings: Settings) -> Iterator[Check]:
    from sqlalchemy import make_url

    from tokapp.store import Store

    store = Store(settings.database_url)
    try:
        documents = sum(summary.documents for summary in store.projects())
        address = make_url(settings.database_url).render_as_string(hide_password=True)
        yield Check("database", True, f"{address}, {documents:,} documents")
        alive = [worker for worker in store.workers() if worker.is_alive]
        detail = f"{len(alive)} alive, last heartbeat {max(w.seen for w in alive):%H:%M:%S}" if alive else "none alive"
        yield Check("worker", bool(alive), detail, "" if alive else "start one: tokapp worker (or tokapp run)")
    finally:
        store.close()


def _door(settings: Settings) -> Iterator[Check]:
    from tokapp import door

    if door.ask(settings, "GET", "/v1/health") is not None:
        yield Check("local door", True, "a worker answers small requests at once")
    else:
        restart = "only slower without it; for it (re)start a worker with the same settings: tokapp worker"
        yield Check("local door", False, f"nobody answers at {settings.door}", restart)


def _backbone(_: Settings) -> Iterator[Check]:
    from tokapp.models.backbone import resolve
    from tokapp.models.config import BUILT_IN

    yield Check("backbone", True, f"built-in, sha256 {resolve(BUILT_IN).hash[:12]}")


def _models(settings: Settings) -> Iterator[Check]:
    from tokapp.models.loading import verify_version

    for root in (places.data() / "models", settings.models):
        for folder in sorted(root.glob("[!.]*")):
            if folder.is_dir():
                yield _model(folder, partial(verify_version, settings=settings))


def _model(folder: Path, verify: Callable[[Path], str]) -> Check:
    try:
        return Check(f"model {folder.name}", True, f"checksums match, fingerprint {verify(folder)[:12]}")
    except TokappError as error:
        return Check(f"model {folder.name}", False, "damaged", str(error))


CHECKS = {
    "device": _device,
    "home": _home,
    "database": _database,
    "local door": _door,
    "backbone": _backbone,
    "models": _models,
}
DISPENSABLE = ("worker", "local door")
"""Findings that a terminal can do without."""
