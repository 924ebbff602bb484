"""A PostgreSQL server of its own for the tests, where its programs are installed."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


def _postgres_programs() -> Path | None:
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


PROGRAMS = _postgres_programs()


def _server_user() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a running server, without a database name."""
    assert PROGRAMS is not None
    user, folder = _server_user(), Path(tempfile.mkdtemp(prefix="pg"))
    if user is not None:
        shutil.chown(folder, user)
    run = {"check": True, "user": user, "stdout": subprocess.DEVNULL, "cwd": folder}
    subprocess.run([PROGRAMS / "initdb", "-D", folder / "d", "-A", "trust", "-U", "tok", "-E", "UTF8"], **run)
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -c max_connections=200"
    start = [PROGRAMS / "pg_ctl", "-D", folder / "d", "-l", folder / "log", "-w", "-o", options, "start"]
    subprocess.run(start, **run)
    yield f"postgresql+psycopg://tok@/{{name}}?host={folder}"
    subprocess.run([PROGRAMS / "pg_ctl", "-D", folder / "d", "-m", "immediate", "stop"], **run)
    shutil.rmtree(folder)
