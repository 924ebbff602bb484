"""The form for a project's task: one of the built-in ones, or labels of one's own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

import streamlit as st

from tokapp.documents import Json
from tokapp.tasks import Task, built_in_tasks, task_from_json
from tokapp.ui.colours import PALETTE
from tokapp.ui.text import escape

PIECES = "Such as “left … arm” in “left and right arm”. CoNLL and spaCy files cannot hold them; JSONL and CSV can."
_OWN = "own"
_PARTS = {"text": "In the text", "answer": "In an answer to a question over passages"}


def choose_task(project_name: str) -> tuple[Task | None, str]:
    """Draw the form; the task it describes, or None and the sentence that says what is missing."""
    by_name = {task.name: task for task in built_in_tasks()}
    choice = st.selectbox(
        "What to find",
        [*by_name, _OWN],
        key="new_task",
        format_func=lambda name: by_name[name].title if name in by_name else "My own labels",
    )
    if choice in by_name:
        st.caption(escape(by_name[choice].description))
        return by_name[choice], ""
    return _own_task(project_name, taken=tuple(by_name))


def _own_task(project_name: str, *, taken: Sequence[str]) -> tuple[Task | None, str]:
    part = st.radio(
        "Where are the spans?", list(_PARTS), format_func=_PARTS.__getitem__, key="new_part", horizontal=True
    )
    st.markdown("**Span labels**")
    spans = _label_rows("span", at_least=1)
    pieces = st.checkbox("A span may have several pieces", key="new_pieces", help=PIECES) if spans else False
    st.markdown("**Labels for whole documents** (optional)")
    wholes = _label_rows("whole", at_least=0)
    if not spans and not wholes:
        return None, "Name at least one label."
    repeated = _first_repeated_key([*spans, *wholes])
    if repeated:
        return None, f"The key {repeated!r} is used twice. Give each label its own key."
    record: dict[str, Json] = {
        "name": task_name(project_name, taken=taken),
        "title": project_name.strip()[:100] or "Task",
        "span_labels": spans,
        "document_labels": wholes,
        "part": part,
        "noun": "answer" if part == "answer" else "document",
        "discontinuous": pieces,
    }
    return task_from_json(record, where="Labels"), ""


def task_name(project_name: str, *, taken: Sequence[str]) -> str:
    """A task name from a project's name: small letters, digits and dashes, none of those that are taken."""
    slug = re.sub(r"[^a-z0-9]+", "-", project_name.lower()).strip("-")[:50].strip("-") or "task"
    name, turn = slug, 2
    while name in taken:
        name, turn = f"{slug}-{turn}", turn + 1
    return name


def _label_rows(kind: str, *, at_least: int) -> list[dict[str, Json]]:
    counter = f"new_{kind}_rows"
    rows = st.session_state.setdefault(counter, at_least)
    found = [row for row in (_label_row(kind, index) for index in range(rows)) if row["name"]]
    if st.button("Add label", key=f"new_{kind}_add", icon=":material/add:", type="tertiary"):
        st.session_state[counter] = rows + 1
        st.rerun()
    return found


def _label_row(kind: str, index: int) -> dict[str, Json]:
    first = index == 0
    shown: Literal["visible", "collapsed"] = "visible" if first else "collapsed"
    name, color, key, meaning, group = st.columns([3, 1, 1, 5, 2], vertical_alignment="bottom")
    offset = 0 if kind == "span" else 4
    return {
        "name": name.text_input("Name", key=f"new_{kind}_name_{index}", max_chars=60, label_visibility=shown).strip(),
        "color": color.color_picker(
            "Colour", PALETTE[(index + offset) % len(PALETTE)], key=f"new_{kind}_color_{index}", label_visibility=shown
        ),
        "key": key.text_input("Key", key=f"new_{kind}_key_{index}", max_chars=1, label_visibility=shown).strip(),
        "description": meaning.text_input(
            "What it means", key=f"new_{kind}_text_{index}", max_chars=500, label_visibility=shown
        ).strip(),
        "group": group.text_input(
            "Group", key=f"new_{kind}_group_{index}", max_chars=60, label_visibility=shown, placeholder="optional"
        ).strip(),
    }


def _first_repeated_key(rows: Sequence[dict[str, Json]]) -> str:
    keys = [str(row["key"]) for row in rows if row["key"]]
    return next((key for key in keys if keys.count(key) > 1), "")
