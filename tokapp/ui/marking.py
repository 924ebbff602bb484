"""How the person of this tab marks, and the units that the editor needs for it: cut and sent only when asked for."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock
from typing import TYPE_CHECKING

import streamlit as st

from tokapp.documents import Offset
from tokapp.errors import BadInput, TokappError
from tokapp.patterns import find_matches
from tokapp.store import Labelling
from tokapp.tasks import Task
from tokapp.ui import session
from tokapp.ui.span_editor import Marking, asked_units, changed_preferences
from tokapp.ui.span_editor.preferences import Preferences, UnitKind, read_preferences

if TYPE_CHECKING:
    from tokapp.models.encoding import Encoder

_SETTING = "editor"
_CUTTING = Lock()
"""A tokenizer is one object for all sessions, and changes its own settings while it works."""


def preferences() -> Preferences:
    """What the person of this tab has set up; the usual settings where nothing readable is stored."""
    stored = session.store().user_setting(session.user_name(), _SETTING)
    try:
        return Preferences() if stored is None else read_preferences(stored)
    except BadInput:
        return Preferences()


def take_in(key: str) -> None:
    """Store what the person has changed in the editor mounted under `key`."""
    changed = changed_preferences(key)
    if changed is not None:
        session.store().save_user_setting(session.user_name(), _SETTING, changed.to_json())


def marking_for(labelling: Labelling, task: Task, *, key: str, have: int | None) -> Marking:
    """What the editor is told: the preferences, and units where the text is new to it or it has asked for them."""
    chosen = preferences()
    asked = asked_units(key, labelling.id)
    kinds = asked if have == labelling.id else {*chosen.needs, *asked}
    units = {kind: _units(kind, labelling, task) for kind in sorted(kinds)}
    return Marking(chosen, has_pattern=bool(session.store().snap_pattern(labelling.project_id)), units=units)


def _units(kind: UnitKind, labelling: Labelling, task: Task) -> list[int] | str | None:
    """Starts and ends in code points, the sentence that says why there are none, or None while they are being made."""
    find = _matches_of if kind == "pattern" else _tokens_of
    try:
        return find(labelling, task)
    except TokappError as error:
        return str(error)


def _matches_of(labelling: Labelling, task: Task) -> list[int] | str:
    pattern = session.store().snap_pattern(labelling.project_id)
    return _matches(pattern, labelling.document.text) if pattern else "This project has no pattern to snap to."


@st.cache_data(max_entries=64, show_spinner=False)
def _matches(pattern: str, text: str) -> list[int]:
    return flat(find_matches(pattern, text))


def _tokens_of(labelling: Labelling, task: Task) -> list[int] | str | None:
    model = labelling.model or _promoted(task)
    if model is None:
        return "There is no model yet whose tokens could be shown."
    encoder = session.encoder(model)
    return None if encoder is None else _tokens(model, labelling.document.text, encoder)


def _promoted(task: Task) -> str | None:
    found = session.store().promoted(task.name)
    return None if found is None else found.name


@st.cache_data(max_entries=64, show_spinner=False)
def _tokens(model: str, text: str, _encoder: Encoder) -> list[int]:
    with _CUTTING:
        return flat(_encoder.tokens(text))


def flat(offsets: Iterable[Offset]) -> list[int]:
    """Starts and ends one after the other, as they go over the line."""
    return [place for offset in offsets for place in offset]
