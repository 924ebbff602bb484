"""A home folder with a real database, the built-in model loaded once, and servers on real sockets."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tokapp.home import register_built_in_models
from tokapp.inference.resident import Resident
from tokapp.settings import Settings
from tokapp.store import Store


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a process of the home is started with."""
    home = tmp_path_factory.mktemp("api")
    return {"TOKAPP_HOME": str(home), "TOKAPP_DEVICE": "cpu", "TOKAPP_THREADS": "1", "TOKAPP_DATABASE_URL": ""}


@pytest.fixture(scope="session")
def settings(environment: dict[str, str]) -> Settings:
    return Settings.from_environment(environment)


@pytest.fixture(scope="session")
def store(settings: Settings) -> Iterator[Store]:
    opened = Store(settings.database_url)
    register_built_in_models(opened)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def models(settings: Settings) -> Resident:
    """With the reviews model loaded."""
    resident = Resident(settings)
    resident.load("reviews")
    return resident


@contextmanager
def counted_forwards(models: Resident, *, seconds: float = 0.0) -> Iterator[list[threading.Thread]]:
    """The threads that ran the reviews model's network, one for each forward pass, each made to take so long."""
    import time

    ran: list[threading.Thread] = []

    def note(*_: object) -> None:
        ran.append(threading.current_thread())
        time.sleep(seconds)

    hook = models.load("reviews").network.register_forward_hook(note)
    try:
        yield ran
    finally:
        hook.remove()


def wait_for(path: Path, *, seconds: float = 10.0) -> None:
    """Wait until a file is there."""
    import time

    until = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < until, f"{path} did not appear"
        time.sleep(0.02)
