"""What can be opened beside the text: the guidelines, and the comments. Both stay folded until they are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

import streamlit as st

from tokapp.ui import comments, guidelines, session
from tokapp.ui.span_editor import asked_comment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlit.delta_generator import DeltaGenerator

    from tokapp.store import Labelling, Project, Thread
    from tokapp.tasks import Task

Side: TypeAlias = Literal["guidelines", "comments"]
_SIDES: tuple[Side, ...] = ("guidelines", "comments")
_OPEN = "beside"
_WIDTH = 320


@dataclass(frozen=True, slots=True)
class Places:
    """Where the text goes, where the open side goes (None if both are folded), and where passages go, if any do."""

    text: DeltaGenerator
    side: DeltaGenerator | None
    passages: DeltaGenerator | None = None


def draw_switch(project: Project, labelling: Labelling, editor: str) -> list[Thread]:
    """The two switches, with what is new behind each; the threads of the document.

    Whoever asked for a comment in the editor mounted under `editor` finds the comments open.
    """
    threads = session.store().threads(labelling.id, labelling.layer)
    span = asked_comment(editor)
    if span is not None:
        comments.begin_on(labelling, span)
        st.session_state[_OPEN] = "comments"
    words = {"guidelines": guidelines.title(project), "comments": comments.title(threads)}
    st.segmented_control(
        "Beside the text",
        _SIDES,
        key=_OPEN,
        format_func=words.__getitem__,
        label_visibility="collapsed",
        persist_state="session",
    )
    return threads


def places(task: Task) -> Places:
    """Lay out the page. The text stays in its place whatever is opened: the editor is not built again for it."""
    is_open = bool(st.session_state.get(_OPEN))
    if task.part == "answer":
        main, right = st.columns([3, 2], gap="medium")
        side = right.container(border=True, key="beside_text") if is_open else None
        return Places(main, side, right.container())
    row = st.container(horizontal=True, gap="medium", wrap=False)
    main = row.container(width="stretch")
    return Places(main, row.container(border=True, width=_WIDTH, key="beside_text") if is_open else None)


def draw_side(place: DeltaGenerator | None, labelling: Labelling, project: Project, threads: Sequence[Thread]) -> None:
    """Draw the side that is open, if one is."""
    if place is None:
        return
    with place:
        if cast(Side, st.session_state[_OPEN]) == "guidelines":
            guidelines.draw_guidelines(project)
        else:
            comments.draw_comments(labelling, project.task.noun, threads)
