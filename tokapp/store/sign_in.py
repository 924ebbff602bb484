"""How often a sign-in may be tried: after five attempts in vain a name has to wait, whether it exists or not."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from tokapp.errors import TooManyAttempts
from tokapp.store.people_tables import SignInTable, UserTable
from tokapp.store.tables import now

ATTEMPTS = 5
WINDOW = timedelta(minutes=15)


def begin(session: Session, name: str) -> None:
    """Count an attempt before it is judged, so that many at once do not slip through; raises TooManyAttempts."""
    digest, moment = _digest(name), now()
    _queue_up(session, digest)
    session.execute(delete(SignInTable).where(SignInTable.at < moment - WINDOW))
    tried = session.scalars(select(SignInTable.at).where(SignInTable.digest == digest).order_by(SignInTable.at)).all()
    if len(tried) >= ATTEMPTS:
        left = tried[-ATTEMPTS] + WINDOW - moment
        raise TooManyAttempts(minutes=max(1, -(-int(left.total_seconds()) // 60)))
    session.add(SignInTable(digest=digest, at=moment))


def succeed(session: Session, name: str) -> None:
    """Forget the attempts of a name."""
    session.execute(delete(SignInTable).where(SignInTable.digest == _digest(name)))


def password_hash(session: Session, name: str) -> str | None:
    """The hash of an active account; None for every other name, and for what no name can be."""
    if not name.isprintable():
        return None
    query = select(UserTable.password_hash).where(UserTable.name == name, UserTable.is_active)
    return session.scalar(query)


def renew_hash(session: Session, name: str, old: str, new: str) -> None:
    """Put a hash with today's parameters in the place of an outdated one of the same password."""
    mine = (UserTable.name == name, UserTable.password_hash == old)
    session.execute(update(UserTable).where(*mine).values(password_hash=new))


def _queue_up(session: Session, digest: str) -> None:
    """Let attempts under one name be counted one after the other; on SQLite all writers stand in one queue anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(int(digest[:15], 16))))


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
