"""The tables of people: accounts, what each has set up, and the sign-ins that were tried in vain."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from tokapp.documents import Json
from tokapp.store.tables import Base


class UserTable(Base):
    """An account; one without a password hash can only come in through the identity provider."""

    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    email: Mapped[str | None] = mapped_column(String(320), unique=True)
    role: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    is_active: Mapped[bool]
    created: Mapped[datetime]


class UserSettingTable(Base):
    """What a person has set up; `user` is the name that events are stored under, which needs no account."""

    __tablename__ = "user_settings"
    user: Mapped[str] = mapped_column("user_name", String(320), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    value: Mapped[Json] = mapped_column(JSON)


class SignInTable(Base):
    """A sign-in that was tried in vain; `digest` stands for the name, which may be a mistyped password."""

    __tablename__ = "sign_ins"
    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    __table_args__ = (Index(None, "digest", "at"),)
