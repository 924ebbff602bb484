"""Real databases: a SQLite file for every test, and a PostgreSQL server of its own where its programs are installed."""

from __future__ import annotations

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


@pytest.fixture(params=["sqlite", "postgresql"] if PROGRAMS else ["sqlite"])
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
