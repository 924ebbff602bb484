"""Accounts: names, roles, and the rule that somebody can always administer."""

from __future__ import annotations

import hashlib
from typing import cast, get_args

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tokapp.errors import BadInput, NotFound
from tokapp.roles import Role
from tokapp.store.activity import note
from tokapp.store.people_tables import UserTable
from tokapp.store.people_values import User
from tokapp.store.projects import check_text
from tokapp.store.tables import now

ROLES: tuple[Role, ...] = get_args(Role)


def add_user(session: Session, name: str, role: str, *, email: str | None, password_hash: str | None, by: str) -> User:
    """A new account; raises BadInput if the name is empty, too long or taken, or the role or address is not one."""
    name, email = _checked_name(session, name), _checked_email(session, email)
    row = UserTable(
        name=name, email=email, role=_checked_role(role), password_hash=password_hash, is_active=True, created=now()
    )
    session.add(row)
    session.flush()
    note(session, f"added {name} as {role}", by=by)
    return value(row)


def users(session: Session) -> list[User]:
    """Every account, by name."""
    return [value(row) for row in session.scalars(select(UserTable).order_by(UserTable.name))]


def find_user(session: Session, name: str) -> User | None:
    """The account of that name."""
    row = _row(session, name)
    return None if row is None else value(row)


def find_user_by_email(session: Session, email: str) -> User | None:
    """The account of that address, in whatever case it is written."""
    row = session.scalar(select(UserTable).where(UserTable.email == email.strip().lower()))
    return None if row is None else value(row)


def set_role(session: Session, name: str, role: str, *, by: str) -> User:
    """Give a person another role; raises NotFound, BadInput when nobody could administer after it."""
    row = need_row(session, name)
    role = _checked_role(role)
    if role != "admin":
        _keep_an_admin(session, row)
    if row.role != role:
        note(session, f"made {row.name} {role}", by=by)
        row.role = role
    return value(row)


def set_active(session: Session, name: str, is_active: bool, *, by: str) -> User:
    """Close an account, or open it again; raises NotFound, BadInput when nobody could administer after it."""
    row = need_row(session, name)
    if not is_active:
        _keep_an_admin(session, row)
    if row.is_active != is_active:
        note(session, f"{'activated' if is_active else 'deactivated'} {row.name}", by=by)
        row.is_active = is_active
    return value(row)


def set_password_hash(session: Session, name: str, password_hash: str, *, by: str) -> User:
    """Replace a person's password; raises NotFound."""
    row = need_row(session, name)
    row.password_hash = password_hash
    note(session, f"set a password for {row.name}" if by != row.name else "changed their own password", by=by)
    return value(row)


def need_row(session: Session, name: str) -> UserTable:
    """The account of that name; raises NotFound."""
    row = _row(session, name)
    if row is None:
        raise NotFound(f"there is no account {name!r}: add it, or choose one that exists")
    return row


def value(row: UserTable) -> User:
    """An account without its hash; `stamp` changes with the password and gives nothing of it away."""
    stamp = hashlib.sha256((row.password_hash or "").encode()).hexdigest()[:16]
    has_password = row.password_hash is not None
    return User(row.name, cast(Role, row.role), row.email, row.is_active, has_password, row.created, stamp)


def _row(session: Session, name: str) -> UserTable | None:
    return session.scalar(select(UserTable).where(UserTable.name == name))


def _keep_an_admin(session: Session, row: UserTable) -> None:
    """Writers stand in a queue on SQLite; PostgreSQL locks the rows, so that two admins cannot remove each other."""
    admins = select(UserTable.id).where(UserTable.role == "admin", UserTable.is_active).with_for_update()
    if session.scalars(admins).all() == [row.id]:
        raise BadInput(f"{row.name} is the only active admin: make somebody else an admin first")


def _checked_name(session: Session, name: str) -> str:
    name = name.strip()
    if not name or len(name) > 100 or not name.isprintable():
        raise BadInput("a person's name has 1 to 100 characters that can be printed")
    check_text(name, where="name")
    taken = select(UserTable.id).where(func.lower(UserTable.name) == name.lower())
    if session.scalar(taken) is not None:
        raise BadInput(f"there is an account {name!r} already: choose another name")
    return name


def _checked_email(session: Session, email: str | None) -> str | None:
    email = (email or "").strip().lower()
    if not email:
        return None
    local, _, domain = email.rpartition("@")
    if not local or not domain or len(email) > 320 or not email.isprintable() or " " in email:
        raise BadInput(f"{email!r} is not an e-mail address")
    check_text(email, where="e-mail address")
    if find_user_by_email(session, email) is not None:
        raise BadInput(f"there is an account with the address {email} already")
    return email


def _checked_role(role: str) -> str:
    if role not in ROLES:
        raise BadInput(f"{role!r} is not a role: use one of {', '.join(ROLES)}")
    return role
