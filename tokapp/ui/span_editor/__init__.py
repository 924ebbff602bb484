"""The span editor: text with people's spans and suggestions, drawn by the browser, stored by the page.

A page first reads what the browser sent (`submitted`), stores it, and then mounts the editor on the fresh state
(`span_editor`) with an answer to every action.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

import streamlit as st

from tokapp.documents import Json, Span
from tokapp.store.values import Labelling
from tokapp.tasks import Task
from tokapp.ui.colours import known, shade
from tokapp.ui.span_editor.markup import MARKUP
from tokapp.ui.span_editor.preferences import Preferences, UnitKind, read_preferences, read_request
from tokapp.ui.span_editor.submission import Entry, Submission, check_entry, read_submission, read_target
from tokapp.words import split_words

__all__ = [
    "Entry",
    "Marking",
    "Submission",
    "asked_bulk",
    "asked_comment",
    "asked_units",
    "changed_preferences",
    "check_entry",
    "span_editor",
    "submitted",
]

_HEARD = ("queue", "explain", "comment", "bulk", "units", "preferences")


@dataclass(frozen=True, slots=True)
class Marking:
    """How a person marks.

    `units` are starts and ends in code points, or the sentence that says why there are none; None while they are on
    their way.
    """

    preferences: Preferences
    has_pattern: bool = False
    units: Mapping[UnitKind, list[int] | str | None] = field(default_factory=dict)


@lru_cache(maxsize=1)
def _component() -> Callable[..., object]:
    """The component, registered once, and only where Streamlit runs: it looks up the manifest in its runtime."""
    return st.components.v2.component("tokapp.span_editor", html=MARKUP, css="editor.css", js="editor.js")


def submitted(key: str) -> Submission:
    """What the editor mounted under `key` has sent and waits for an answer to; raises BadInput on a wrong shape."""
    return read_submission(_state(key, "queue"))


def changed_preferences(key: str) -> Preferences | None:
    """What the person has just set up in the editor mounted under `key`, None if nothing; raises BadInput."""
    value = _state(key, "preferences")
    return None if value is None else read_preferences(value)


def asked_units(key: str, document: int) -> set[UnitKind]:
    """The units of a document that the editor mounted under `key` has just asked for; raises BadInput."""
    request = read_request(_state(key, "units"))
    return set(request[1]) if request is not None and request[0] == document else set()


def _state(key: str, name: str) -> object:
    state = st.session_state.get(key)
    return state.get(name) if isinstance(state, Mapping) else None


def asked_comment(key: str) -> Span | None:
    """The span that a person has just asked to comment on in the editor mounted under `key`; raises BadInput."""
    return read_target(_state(key, "comment"))


def asked_bulk(key: str) -> Span | Literal["suggestions"] | None:
    """What a person has just asked to do many times in the editor mounted under `key`; raises BadInput.

    "suggestions", or the span whose like are to be marked.
    """
    state = st.session_state.get(key)
    value = state.get("bulk") if isinstance(state, Mapping) else None
    return "suggestions" if value == "suggestions" else read_target(value)


def span_editor(
    labelling: Labelling,
    task: Task,
    *,
    key: str,
    place: str = "",
    session: str = "",
    answers: Mapping[str, int | str] | None = None,
    have: int | None = None,
    height: int | None = None,
    disabled: bool = False,
    can_explain: bool = False,
    can_bulk: bool = True,
    threshold: float = 0.0,
    comments: Sequence[Json] | None = None,
    marking: Marking | None = None,
) -> Span | None:
    """Draw the editor; returns the span that a person asked to have explained in this run, else None.

    `place` names the store and the person: the browser keeps unanswered actions under it, and sends them when it is
    mounted with that place again, in this or in a later `session`. `answers` says for each token of the submission
    which revision its action made, or why it was refused. `have` is the submission's, so that a text goes over the line
    once. `marking` is left out where nobody marks. Suggestions scored below `threshold` stay hidden. `height` is in
    pixels; without it the text takes up to two thirds of the window. `comments` counts them per span, [start, end,
    label, count]; None where nobody can comment.
    Without `can_bulk` nothing is offered that reaches into other documents.
    """
    data = editor_data(labelling, task, answers=answers or {}, have=have, threshold=threshold)
    data |= {"place": place, "session": session, "disabled": disabled, "canExplain": can_explain, "height": height}
    data |= {"comments": list(comments or ()), "canComment": comments is not None, "canBulk": can_bulk}
    data["marking"] = None if marking is None else _marking_data(marking)
    json.dumps(data, allow_nan=False)  # one value that JSON cannot hold would turn the whole payload into a string
    result = _component()(key=key, data=data, **{f"on_{name}_change": _rerun for name in _HEARD})
    return read_target(_value(result, "explain"))


def editor_data(
    labelling: Labelling, task: Task, *, answers: Mapping[str, int | str], have: int | None, threshold: float
) -> dict[str, Json]:
    """What goes down to the browser: plain JSON, offsets in code points."""
    document = labelling.document
    is_known = have == labelling.id
    return {
        "doc": labelling.id,
        "revision": labelling.revision,
        "text": None if is_known else document.text,
        "words": None if is_known else _flat_words(document.text),
        "labels": [
            {
                "name": one.name,
                "color": known(one.color),
                "light": shade(known(one.color), "light"),
                "dark": shade(known(one.color), "dark"),
                "key": one.key,
                "description": one.description,
                "group": one.group,
            }
            for one in task.span_labels
        ],
        "discontinuous": task.discontinuous,
        "spans": [_plain(span) for span in document.spans],
        "suggestions": [
            [span.start, span.end, span.label, None if span.score is None else round(float(span.score), 4)]
            for span in labelling.suggestions
            if span.score is None or span.score >= threshold
        ],
        "answers": dict(answers),
        "undoSteps": labelling.undo_steps,
        "redoSteps": labelling.redo_steps,
    }


def _marking_data(marking: Marking) -> dict[str, Json]:
    units: dict[str, Json] = {
        kind: [*found] if isinstance(found, list) else found for kind, found in marking.units.items()
    }
    return {"preferences": marking.preferences.to_json(), "hasPattern": marking.has_pattern, "units": units}


@lru_cache(maxsize=64)
def _flat_words(text: str) -> list[int]:
    return [offset for word in split_words(text) for offset in word]


def _plain(span: Span) -> list[Json]:
    return [span.start, span.end, span.label, *([span.group] if span.group else [])]


def _value(result: object, name: str) -> object:
    return result.get(name) if isinstance(result, Mapping) else getattr(result, name, None)


def _rerun() -> None:
    """Streamlit keeps a state only where somebody listens."""
