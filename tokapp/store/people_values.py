"""What leaves the store about people: never a hash of a password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tokapp.roles import Role


@dataclass(frozen=True, slots=True)
class User:
    """An account; `stamp` changes with the password, so that sign-ins with a former one can be told from it."""

    name: str
    role: Role
    email: str | None
    is_active: bool
    has_password: bool
    created: datetime
    stamp: str
