"""A home folder with a real database, the built-in model loaded once, and servers on real sockets."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI

from tokapp.api.access import with_token
from tokapp.api.app import create_app
from tokapp.api.limits import Limits
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
    until = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < until, f"{path} did not appear"
        time.sleep(0.02)


TOKEN = "a token for these tests only"


@dataclass(frozen=True, slots=True)
class Served:
    """The API on a port, and a client with the token."""

    url: str
    client: httpx2.Client
    store: Store
    settings: Settings

    def get(self, path: str, **options: Any) -> httpx2.Response:
        """Ask with the token."""
        return self.client.get(path, **options)

    def post(self, path: str, **options: Any) -> httpx2.Response:
        """Send with the token."""
        return self.client.post(path, **options)


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """The address of an application on a free port, served by uvicorn."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_level="critical", access_log=False, lifespan="off", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        until = time.monotonic() + 10
        while not server.started:
            assert time.monotonic() < until
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)


@contextmanager
def served_with(settings: Settings, store: Store, models: Resident, limits: Limits | None = None) -> Iterator[Served]:
    """The API over a store and models, with such limits."""
    app = create_app(settings, store, models, admit=with_token(TOKEN), limits=limits)
    headers = {"authorization": f"Bearer {TOKEN}"}
    with serving(app) as url, httpx2.Client(base_url=url, headers=headers, timeout=30) as client:
        yield Served(url, client, store, settings)


@pytest.fixture(scope="session")
def served(settings: Settings, store: Store, models: Resident) -> Iterator[Served]:
    with served_with(settings, store, models) as found:
        yield found
