"""The connection: SQLite or PostgreSQL, its settings, and its migrations.

SQLite is run as a real database: write-ahead log, foreign keys, a busy timeout, and `BEGIN IMMEDIATE` for
every writing transaction, so that a writer waits at its start and never fails in its middle.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry

from tokapp.errors import StoreUnavailable

_BUSY_SECONDS = 30.0
_MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATION_LOCK = 0x746F6B61  # any constant: PostgreSQL's advisory lock of our migrations


def open_engine(url: str) -> Engine:
    """An engine whose database has the newest schema; raises StoreUnavailable."""
    try:
        engine = _create(make_url(url))
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise StoreUnavailable(f"TOKAPP_DATABASE_URL is not usable: {_reason(error)}") from error
    except OSError as error:
        raise StoreUnavailable(f"cannot make the folder of the database {_shown(url)}: {error}") from error
    try:
        upgrade(engine)
    except (DBAPIError, OSError) as error:
        engine.dispose()
        raise StoreUnavailable(f"cannot open the database {_shown(url)}: {_reason(error)}") from error
    return engine


def writing(engine: Engine) -> Engine:
    """The same engine and pool, for transactions that write."""
    return engine.execution_options(tokapp_writes=True)


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run the migrations that the database lacks; safe when several processes open a fresh database at once."""
    config = _config()
    if revision == "head" and _current(engine) == ScriptDirectory.from_config(config).get_current_head():
        return
    with writing(engine).connect() as connection, _loose_references(connection), connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        _check_references(connection)


@contextmanager
def _loose_references(connection: Connection) -> Iterator[None]:
    """Let SQLite replace tables without emptying those that refer to them.

    To change a column, a migration writes the table anew and drops the old one. With foreign keys on, SQLite first
    deletes its rows, and every row in other tables that goes with them. They can only be turned off outside of a
    transaction.
    """
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        yield
        return
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def _check_references(connection: Connection) -> None:
    """Raise StoreUnavailable, and so undo everything, if a migration left a row that refers to nothing."""
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise StoreUnavailable("bringing the database up to date would lose rows, so nothing was changed: report this")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


def _current(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _create(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=20, pool_timeout=_BUSY_SECONDS)
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver's own BEGIN comes too late; ours is sent in _begin_sqlite
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA cache_size=-65536")
    _enter_wal(connection)


def _enter_wal(connection: sqlite3.Connection) -> None:
    """Switch to the write-ahead log; SQLite does not wait for this lock by itself, so two first openers retry."""
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").fetchone()
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("tokapp_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _shown(url: str) -> str:
    return make_url(url).render_as_string(hide_password=True)


def _reason(error: Exception) -> str:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__
