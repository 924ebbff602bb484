"""The two statements that SQLite and PostgreSQL share but SQLAlchemy keeps apart: insert or skip, insert or update."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias, cast

from sqlalchemy import Executable, Table, literal_column
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.sql import dml

from tokapp.store.tables import Base

Insert: TypeAlias = "sqlite.Insert | postgresql.Insert"


def insert_or_skip(session: Session, table: type[Base]) -> Insert:
    """An insert that leaves out rows that break a unique constraint."""
    return _insert(session, table).on_conflict_do_nothing()


def insert_or_update(session: Session, table: type[Base], keys: Sequence[str], columns: Sequence[str]) -> Insert:
    """An insert that writes the columns of rows whose keys are there already."""
    statement = _insert(session, table)
    changes = {column: statement.excluded[column] for column in columns}
    return statement.on_conflict_do_update(index_elements=list(keys), set_=changes)


def many_rows(statement: dml.Insert) -> Executable:
    """The insert as a few statements of many rows each, which SQLAlchemy only makes where something is returned."""
    return statement.returning(literal_column("1"))


def _insert(session: Session, table: type[Base]) -> Insert:
    columns = cast(Table, table.__table__)  # not the class: rows name columns of the database, not attributes
    name = session.get_bind().dialect.name
    return postgresql.insert(columns) if name == "postgresql" else sqlite.insert(columns)
