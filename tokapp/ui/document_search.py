"""Finding a document by its words, and opening it: a few matches with a piece of their text, found by the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from tokapp.store.values import DocumentFilter
from tokapp.ui import layout, session
from tokapp.ui.text import escape, excerpt, plural, shorten

if TYPE_CHECKING:
    from tokapp.documents import Document
    from tokapp.store.values import DocumentRow, Project

_MOST = 8
_INPUT, _PICKED = "find", "find_picked"


@st.fragment
def draw_search(project: Project, model: str) -> None:
    """Draw the search; a document that is picked goes into the address, and the whole page runs anew."""
    with session.guard():
        if st.session_state.pop(_PICKED, False):
            st.rerun()
        nouns = plural(project.task.noun)
        words = st.text_input(
            f"Find {nouns}",
            key=_INPUT,
            type="search",
            placeholder=f"Find {nouns} by words in them, or by id",
            label_visibility="collapsed",
            icon=":material/search:",
            live="300ms",
        )
        if words and words.strip():
            _draw_matches(project, model, words.strip())


def _draw_matches(project: Project, model: str, words: str) -> None:
    store = session.store()
    rows = store.documents(project.id, DocumentFilter(search=words), limit=_MOST + 1)
    texts = dict(store.load_documents([row.id for row in rows[:_MOST]]))
    explained = store.explained_among(list(texts), model)
    with st.container(border=True, gap="xsmall", key="find_matches"):
        if not rows:
            st.caption(escape(f"No {project.task.noun} has “{shorten(words, 60)}” in it. Try fewer words."))
        for row in rows[:_MOST]:
            _draw_match(row, texts[row.id], words, is_explained=row.id in explained)
        if len(rows) > _MOST:
            st.caption(f"There are more. Type another word to see fewer {escape(plural(project.task.noun))}.")


def _draw_match(row: DocumentRow, document: Document, words: str, *, is_explained: bool) -> None:
    piece = excerpt(document.text, words, 88)
    state = f"{row.status} · explained" if is_explained else row.status
    st.button(
        f"{escape(piece)} :small[:gray[{escape(shorten(row.external_id, 20))} · {state}]]",
        key=f"find_{row.id}",
        type="tertiary",
        on_click=_pick,
        args=(row.id,),
    )


def _pick(document_id: int) -> None:
    layout.remember(doc=document_id, span=None)
    st.session_state[_INPUT] = ""
    st.session_state[_PICKED] = True
