"""What each person has set up for themselves, such as the editor's keys: a JSON value under a name."""

from __future__ import annotations

from sqlalchemy.orm import Session

from tokapp.documents import Json
from tokapp.store.dialects import insert_or_update
from tokapp.store.people_tables import UserSettingTable


def setting(session: Session, user: str, name: str) -> Json:
    """The value a person has set; None if they have not."""
    row = session.get(UserSettingTable, (user, name))
    return None if row is None else row.value


def save_setting(session: Session, user: str, name: str, value: Json) -> None:
    """Set a value, in the place of the one before."""
    statement = insert_or_update(session, UserSettingTable, ["user_name", "name"], ["value"])
    session.execute(statement, {"user_name": user, "name": name, "value": value})
