"""Real databases: a SQLite file for every test, and a PostgreSQL server of its own where its programs are installed."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tokapp.documents import Document
from tokapp.store import Project, Store
from tokapp.tasks import Label, Task

TASK = Task(
    "reviews",
    "Reviews",
    span_labels=(Label("feature", "#112233", "f"), Label("bug", "#332211", "b")),
    document_labels=(Label("praise", "#113322"), Label("complaint", "#331122")),
)
_NUMBERS = count()


def _postgres_programs() -> Path | None:
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


_PROGRAMS = _postgres_programs()


def _server_user() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a running server, without a database name."""
    assert _PROGRAMS is not None
    user, folder = _server_user(), Path(tempfile.mkdtemp(prefix="pg"))
    if user is not None:
        shutil.chown(folder, user)
    run = {"check": True, "user": user, "stdout": subprocess.DEVNULL, "cwd": folder}
    subprocess.run([_PROGRAMS / "initdb", "-D", folder / "d", "-A", "trust", "-U", "tok", "-E", "UTF8"], **run)
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -c max_connections=200"
    start = [_PROGRAMS / "pg_ctl", "-D", folder / "d", "-l", folder / "log", "-w", "-o", options, "start"]
    subprocess.run(start, **run)
    yield f"postgresql+psycopg://tok@/{{name}}?host={folder}"
    subprocess.run([_PROGRAMS / "pg_ctl", "-D", folder / "d", "-m", "immediate", "stop"], **run)
    shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgresql"] if _PROGRAMS else ["sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a fresh database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'tokapp.db'}"
    server: str = request.getfixturevalue("postgres")
    name = f"t{next(_NUMBERS)}"
    admin = create_engine(server.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    return server.format(name=name)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = Store(url)
    yield opened
    opened.close()


@pytest.fixture
def project(store: Store) -> Project:
    """A project with three documents that nobody has looked at: ids 1, 2 and 3."""
    made = store.create_project("phone reviews", TASK)
    texts = ["The battery lasts long", "Search crashes 🎉 often", "Nice\r\ndark mode"]
    documents = [Document(f"r{number}", text, "reviews") for number, text in enumerate(texts, 1)]
    store.add_documents(made.id, documents, source="reviews.csv")
    return made
