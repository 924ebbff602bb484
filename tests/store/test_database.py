import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, Column, MetaData, func, insert, inspect, select, text

from tests.store.conftest import TASK
from tokapp.documents import Document, Span
from tokapp.errors import StoreUnavailable
from tokapp.store import Store, database
from tokapp.store.tables import Base


def test_the_migrations_lead_to_the_tables(store: Store) -> None:
    with store._engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_every_constraint_has_a_name(store: Store) -> None:
    inspector = inspect(store._engine)
    for table in inspector.get_table_names():
        found = [*inspector.get_unique_constraints(table), *inspector.get_foreign_keys(table)]
        assert all(constraint["name"] for constraint in found), table


def test_sqlite_is_run_as_a_database(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'x.db'}")
    with store._engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "foreign_keys")
        }
        assert pragmas == {"journal_mode": "wal", "foreign_keys": 1}
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 30_000
    store.close()


def test_a_filled_database_moves_up_from_every_older_version(url: str) -> None:
    engine = database._create(database.make_url(url))
    revisions = [script.revision for script in ScriptDirectory.from_config(database._config()).walk_revisions()][::-1]
    database.upgrade(engine, revisions[0])
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO projects (id, name, seed, is_sample, created) "
                "VALUES (1, 'old', 'old', false, '2026-01-02 03:04:05')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO tasks (id, project_id, name, title, part, view, noun, description) "
                "VALUES (1, 1, 'reviews', 'Reviews', 'text', 'plain', 'review', '')"
            )
        )
    for revision in revisions[1:]:
        database.upgrade(engine, revision)
    engine.dispose()
    store = Store(url)
    assert [summary.project.name for summary in store.projects()] == ["old"]
    store.close()


def test_no_migration_loses_a_row(url: str) -> None:
    """A table that is written anew must not take with it what refers to it: labels once went with their tasks."""
    engine = database._create(database.make_url(url))
    revisions = [script.revision for script in ScriptDirectory.from_config(database._config()).walk_revisions()][::-1]
    database.upgrade(engine, revisions[0])
    tables = MetaData()
    tables.reflect(engine)
    filled = [table for table in tables.sorted_tables if table.name != "alembic_version"]
    with engine.begin() as connection:
        for table in filled:
            connection.execute(insert(table).values({column.name: _value(column) for column in table.columns}))
    for revision in revisions[1:]:
        database.upgrade(engine, revision)
        with engine.connect() as connection:
            counts = {table.name: connection.scalar(select(func.count()).select_from(table)) for table in filled}
            assert set(counts.values()) == {1}, (revision, counts)
    with engine.connect() as connection:
        assert connection.dialect.name != "sqlite" or connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    engine.dispose()


def _value(column: Column[Any]) -> object:
    """Something that fits a column; every number is 1, so that all rows refer to each other."""
    plain = {int: 1, float: 1.0, bool: False, str: "a", bytes: b"a", datetime: datetime(2026, 1, 2, tzinfo=UTC)}
    return [] if isinstance(column.type, JSON) else plain[column.type.python_type]


def test_opening_again_finds_everything(url: str) -> None:
    first = Store(url)
    project = first.create_project("p", TASK)
    first.add_documents(project.id, [Document("d", "kept", spans=(Span(0, 4, "bug"),))], source="f")
    expected = first.open_for_labelling(1)
    first.close()
    second = Store(url)
    assert second.open_for_labelling(1) == expected
    second.close()


def test_processes_that_open_a_fresh_home_at_once_do_not_fight(url: str) -> None:
    code = (
        "import sys; from tokapp.store import Store; from tokapp.tasks import Task\n"
        "store = Store(sys.argv[1]); store.create_project(sys.argv[2], Task('t', 'T', ())); store.close()"
    )
    started = [subprocess.Popen([sys.executable, "-c", code, url, f"p{n}"], stderr=subprocess.PIPE) for n in range(4)]
    errors = [process.communicate(timeout=120)[1].decode() for process in started]
    assert [process.returncode for process in started] == [0] * 4, errors
    store = Store(url)
    assert {summary.project.name for summary in store.projects()} == {"p0", "p1", "p2", "p3"}
    store.close()


@pytest.mark.parametrize(
    "url",
    ["nonsense", "sqlite:////proc/nowhere/x.db", "nodatabase://x", "postgresql+psycopg://u:secret@127.0.0.1:1/x"],
)
def test_a_database_that_cannot_be_opened_is_a_sentence(url: str) -> None:
    with pytest.raises(StoreUnavailable) as caught:
        Store(url)
    assert "\n" not in str(caught.value) and "secret" not in str(caught.value)


def test_a_file_that_is_no_database_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"this is not a database, it is a text that somebody put here" * 50)
    with pytest.raises(StoreUnavailable, match="not a database"):
        Store(f"sqlite:///{tmp_path / 'x.db'}")
