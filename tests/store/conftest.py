"""Real databases: a SQLite file for every test, and a PostgreSQL server of its own where its programs are installed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.postgres import PROGRAMS, postgres
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
__all__ = ["postgres"]


@pytest.fixture(scope="session")
def migrated_postgres(postgres: str) -> str:
    """The server, where a database `migrated` stands that has every table and no row."""
    _tell(postgres, "CREATE DATABASE migrated")
    Store(postgres.format(name="migrated")).close()
    return postgres


@pytest.fixture(params=["sqlite", "postgresql"] if PROGRAMS else ["sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a fresh database; where the test asks for a store, its tables are copied from one that has them."""
    is_copied = "store" in request.fixturenames
    if request.param == "sqlite":
        if is_copied:
            shutil.copy(request.getfixturevalue("migrated_sqlite"), tmp_path / "tokapp.db")
        yield f"sqlite:///{tmp_path / 'tokapp.db'}"
        return
    server: str = request.getfixturevalue("migrated_postgres" if is_copied else "postgres")
    name = f"t{next(_NUMBERS)}"
    _tell(server, f"CREATE DATABASE {name} TEMPLATE {'migrated' if is_copied else 'template1'}")
    yield server.format(name=name)
    _tell(server, f"DROP DATABASE {name} WITH (FORCE)")  # hundreds of them take a gigabyte, and long to delete


def _tell(server: str, command: str) -> None:
    admin = create_engine(server.format(name="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(command))
    admin.dispose()


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
