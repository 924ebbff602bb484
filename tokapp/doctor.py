"""Is this installation healthy: device, versions, database, models and worker, each with ok or what to do."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

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
    for name, check in _CHECKS.items():
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
    from tokapp.models.device import resolve_device

    yield Check("device", True, str(resolve_device(settings.device)))


def _home(settings: Settings) -> Iterator[Check]:
    probe = settings.home / ".doctor"
    settings.home.mkdir(parents=True, exist_ok=True)
    probe.write_text("ok", "utf-8")
    probe.unlink()
    yield Check("home", True, str(settings.home))


def _database(settings: Settings) -> Iterator[Check]:
    from tokapp.store import Store

    store = Store(settings.database_url)
    try:
        documents = sum(summary.documents for summary in store.projects())
        yield Check("database", True, f"{store.safe_url}: {documents:,} documents")
        alive = [worker for worker in store.workers() if worker.is_alive]
        detail = f"{len(alive)} alive, last heartbeat {max(w.seen for w in alive):%H:%M:%S}" if alive else "none alive"
        yield Check("worker", bool(alive), detail, "" if alive else "start one: tokapp worker (or tokapp run)")
    finally:
        store.close()


def _backbone(settings: Settings) -> Iterator[Check]:
    from tokapp.models.backbone import verify_built_in

    yield Check("backbone", True, f"built-in, {verify_built_in()}")


def _models(settings: Settings) -> Iterator[Check]:
    from tokapp.models.registry import Registry

    for name in Registry(settings.models).names():
        try:
            Registry(settings.models).verify(name)
            yield Check(f"model {name}", True, "checksums match")
        except TokappError as error:
            yield Check(f"model {name}", False, "damaged", str(error))


_CHECKS = {"device": _device, "home": _home, "database": _database, "backbone": _backbone, "models": _models}
