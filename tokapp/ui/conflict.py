"""Two people on one document: both versions side by side, and a choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from tokapp.documents import Document, Span
from tokapp.store import Labelling
from tokapp.tasks import Task
from tokapp.ui import access, session
from tokapp.ui.labelling import compare, keep_mine, settle
from tokapp.ui.ledger import Ledger
from tokapp.ui.span_editor import span_editor
from tokapp.ui.text import escape, shorten


def draw_conflict(labelling: Labelling, task: Task, ledger: Ledger, *, by: str) -> None:
    """If somebody else saved this document first: both versions and a choice. Nothing is drawn otherwise."""
    conflict = ledger.conflict
    if conflict is None or conflict.document != labelling.id:
        return
    difference = compare(labelling.document.spans, conflict.mine)
    with st.container(border=True):
        question = "Somebody else changed this document while you did. Which version shall stay?"
        st.warning(question, icon=":material/call_split:")
        theirs, mine = st.columns(2)
        with theirs:
            st.markdown("**Stored now**")
            _draw_version(labelling, task, labelling.document.spans, key="conflict_theirs")
            st.caption(_describe(difference.only_theirs, labelling.document))
            if st.button("Keep the stored version", key="keep_theirs"):
                settle(ledger, labelling.revision)
                st.rerun()
        with mine:
            st.markdown("**Yours, not stored**")
            _draw_version(labelling, task, conflict.mine, key="conflict_mine")
            st.caption(_describe(difference.only_mine, labelling.document))
            if access.button("Store my version", "annotate", key="keep_mine", type="primary"):
                stored = keep_mine(session.store(), labelling, conflict.mine, ledger, by=by)
                settle(ledger, stored.revision)
                st.rerun()


def _draw_version(labelling: Labelling, task: Task, spans: Sequence[Span], *, key: str) -> None:
    version = replace(labelling, document=replace(labelling.document, spans=tuple(spans)), suggestions=())
    span_editor(version, task, key=key, disabled=True, height=220)


def _describe(spans: Sequence[Span], document: Document) -> str:
    if not spans:
        return "No span that the other version lacks."
    shown = [f"{escape(shorten(document.surface(span), 40))} ({escape(span.label)})" for span in spans[:8]]
    more = f" and {len(spans) - 8} more" if len(spans) > 8 else ""
    return f"Only here: {', '.join(shown)}{more}"
