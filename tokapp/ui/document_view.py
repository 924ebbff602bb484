"""What stands around a text that is labelled: headers of a mail, question and passages of an answer, status."""

from __future__ import annotations

from typing import Literal, TypeAlias

import streamlit as st

from tokapp.documents import Document
from tokapp.store import Labelling, Status
from tokapp.tasks import Task
from tokapp.ui.text import count, escape, escape_badge, shorten

_Color: TypeAlias = Literal["gray", "blue", "green", "orange"]
_STATUS: dict[Status, tuple[str, _Color]] = {
    "new": ("new", "gray"),
    "started": ("started", "blue"),
    "labelled": ("labelled", "green"),
    "skipped": ("skipped", "orange"),
}
_HEADERS = ("from", "to", "cc", "reply-to", "subject", "date")


def draw_heading(labelling: Labelling, task: Task, *, position: int, total: int) -> None:
    """One line: which document of how many, its name, its status, and whose suggestions are shown."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="content"):
        st.subheader(f"{escape(task.noun.capitalize())} {position:,} of {total:,}", anchor=False, width="content")
        name, color = _STATUS[labelling.status]
        st.badge(name, color=color, help=escape(labelling.document.id))
        if labelling.model is None:
            st.badge("no predictions yet", icon=":material/hourglass_empty:", color="gray")
        else:
            name = escape_badge(shorten(labelling.model, 18))
            says = f"Suggestions by {escape(labelling.model)}"
            st.badge(name, icon=":material/model_training:", color="violet", help=says)
        with st.container(key="document_name", width="content"):
            st.caption(escape(shorten(labelling.document.id, 24)), width="content")


def draw_headers(document: Document) -> None:
    """The headers of a mail, where the file had them; they are shown, not labelled."""
    known = {str(name).lower(): value for name, value in document.meta.items()}
    rows = [(name, known[name]) for name in _HEADERS if known.get(name)]
    if not rows:
        return
    with st.container(border=True):
        st.text("\n".join(f"{name.capitalize()}: {shorten(str(value), 300)}" for name, value in rows))


def draw_passages(document: Document) -> None:
    """Question and numbered passages, as text and nothing but text."""
    if document.question:
        with st.container(border=True, gap="xsmall"):
            st.caption("Question")
            st.markdown(f"**{escape(document.question)}**")
    if not document.contexts:
        st.info("This answer came without passages: nothing to compare it with.", icon=":material/info:")
        return
    with st.container(border=True, gap="xsmall", height=560 if _length(document) > 1800 else "content"):
        st.caption(f"The answer may rest on {count(len(document.contexts), 'passage')}")
        for number, passage in enumerate(document.contexts, start=1):
            st.markdown(f":gray-badge[{number}]")
            st.text(passage.strip("\r\n"))


def _length(document: Document) -> int:
    return sum(len(passage) for passage in document.contexts)
