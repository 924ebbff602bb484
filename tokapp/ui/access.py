"""What a role may do, checked where it is done: a control that is only hidden can still be pressed by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias, TypeVar

import streamlit as st

from tokapp.errors import Forbidden
from tokapp.roles import Role
from tokapp.ui import session

Ability: TypeAlias = Literal["annotate", "review", "assign", "train", "promote", "import", "export", "administer"]
T = TypeVar("T")

_ANNOTATOR: frozenset[Ability] = frozenset({"annotate"})
_REVIEWER: frozenset[Ability] = _ANNOTATOR | {"review", "assign", "train"}
ABILITIES: dict[Role, frozenset[Ability]] = {
    "reader": frozenset(),
    "annotator": _ANNOTATOR,
    "reviewer": _REVIEWER,
    "admin": _REVIEWER | {"promote", "import", "export", "administer"},
}
_WORDS: dict[Ability, str] = {
    "annotate": "label",
    "review": "review",
    "assign": "give documents to people",
    "train": "start jobs or trainings",
    "promote": "change which model is in use",
    "import": "add projects or documents",
    "export": "export",
    "administer": "manage people",
}


def may(ability: Ability) -> bool:
    """Whether the person of this tab may do that, by their role at this moment."""
    person = session.user()
    return person is not None and ability in ABILITIES[person.role]


def require(ability: Ability) -> None:
    """Raise Forbidden unless the person of this tab may do that."""
    if not may(ability):
        raise Forbidden(refusal(ability))


def refusal(ability: Ability) -> str:
    """Why the person of this tab may not do that, and whom to ask."""
    person = session.user()
    role = person.role if person is not None else "nobody"
    return f"Your role ({role}) may not {_WORDS[ability]}. Ask an admin."


def button(label: str, ability: Ability, *, disabled: bool = False, help: str | None = None, **options: Any) -> bool:
    """A button that is grey for those who may not, and that raises Forbidden when it is pressed all the same."""
    allowed = may(ability)
    pressed = st.button(label, disabled=disabled or not allowed, help=help if allowed else refusal(ability), **options)
    if pressed:
        require(ability)
    return pressed


def checked(ability: Ability, make: Callable[[], T]) -> Callable[[], T]:
    """The same function for later, outside of any run: it looks the person's role up again when it is called."""
    person = session.user()
    is_local = session.settings().auth == "none"

    def run() -> T:
        now = person if is_local or person is None else session.store().find_user(person.name)
        if now is None or not now.is_active or ability not in ABILITIES[now.role]:
            raise Forbidden("This account may not do that any more. Load the page again.")
        return make()

    return run
