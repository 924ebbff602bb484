"""The server's side of the local door: one worker of a home holds it, and another takes over when that one is gone."""

from __future__ import annotations

import fcntl
import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import uvicorn
from fastapi import FastAPI

from tokapp.api.access import with_identity
from tokapp.api.app import create_app
from tokapp.inference.resident import Resident
from tokapp.settings import Settings
from tokapp.store import Store

_LOG = logging.getLogger(__name__)
_TRY_SECONDS = 1.0


@contextmanager
def open_door(settings: Settings, store: Store, models: Resident) -> Iterator[None]:
    """While entered, answer at the door of the home folder, from the moment on at which no other worker does."""
    keeper = _Keeper(settings.door, create_app(settings, store, models, admit=with_identity(settings)))
    thread = threading.Thread(target=keeper.run, name="door", daemon=True)
    thread.start()
    try:
        yield
    finally:
        keeper.stop()
        thread.join(_TRY_SECONDS * 5)


class _Keeper:
    """Holds the door, or waits for it."""

    def __init__(self, path: Path, app: FastAPI) -> None:
        self._path = path
        self._ended = threading.Event()
        self._config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", ws="none", timeout_graceful_shutdown=1
        )
        self._server: uvicorn.Server | None = None

    def stop(self) -> None:
        """Answer what is asked at this moment, and close."""
        self._ended.set()
        if self._server is not None:
            self._server.should_exit = True

    def run(self) -> None:
        """Answer until stopped; a door that cannot be opened leaves everybody to their own models."""
        try:
            with self._path.with_suffix(".lock").open("w") as lock:
                while not self._ended.is_set():
                    if _is_first(lock):
                        self._serve()
                    self._ended.wait(_TRY_SECONDS)
        except OSError as error:
            _LOG.warning("local door not opened path=%s error=%s", self._path, error)

    def _serve(self) -> None:
        with listening(self._path) as listener:
            _LOG.info("local door opened path=%s", self._path)
            self._server = uvicorn.Server(self._config)
            self._server.should_exit = self._ended.is_set()
            self._server.run(sockets=[listener])


def _is_first(lock: IO[str]) -> bool:
    """Whether this process holds the lock, which the system takes from one that dies."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def listening(path: Path) -> Iterator[socket.socket]:
    """A Unix socket at that path which only its owner can open, in the place of one that somebody left behind.

    It gets its name only when it is closed to others and open to its owner, so that there is no moment in between.
    """
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        try:
            listener.bind(str(temporary))
            temporary.chmod(0o600)
            listener.listen(128)
            temporary.replace(path)
            yield listener
        finally:
            temporary.unlink(missing_ok=True)
            path.unlink(missing_ok=True)
