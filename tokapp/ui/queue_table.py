"""The queue as a table, and the filters that narrow it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from tokapp.store.values import DocumentFilter
from tokapp.ui import session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokapp.ranking import Ordering
    from tokapp.store.values import Project, Queued


def draw_filters(project: Project) -> DocumentFilter:
    """Search, label and source."""
    columns = st.columns(3, vertical_alignment="bottom")
    search = columns[0].text_input(
        "Search", key="queue_search", placeholder="Words in the text", icon=":material/search:"
    )
    labels = list(dict.fromkeys([*project.task.span_names, *project.task.document_names]))
    label = columns[1].selectbox(
        "Has label", [None, *labels], key=f"queue_label_{project.id}", format_func=lambda one: one or "any"
    )
    sources = session.store().sources(project.id)
    source = columns[2].selectbox(
        "Source", [None, *sources], key=f"queue_source_{project.id}", format_func=lambda one: one or "any"
    )
    return DocumentFilter(search=(search or "").strip(), label=label, source=source)


def draw_queue(project: Project, queued: Sequence[Queued], ordering: Ordering) -> None:
    """What comes next, with its score and how it came into the queue."""
    config = {
        "place": st.column_config.TextColumn("#", width=44, pinned=True),
        "text": st.column_config.TextColumn(project.task.noun.capitalize(), width=560),
        "how": st.column_config.TextColumn("Chosen", width=95),
        "mine": st.column_config.TextColumn("Given to", width=75),
        "status": st.column_config.TextColumn("Status", width=85),
        "score": st.column_config.ProgressColumn(
            "Score",
            help=f"1: {ordering.high}, 0: {ordering.low}",
            min_value=0.0,
            max_value=1.0,
            format="%.2f",
            width=130,
        ),
    }
    frame = _frame(queued)
    shown = frame if ordering.is_scored else frame.drop(columns=["score", "how"])
    shown = shown if any(one.is_mine for one in queued) else shown.drop(columns=["mine"])
    st.dataframe(
        shown,
        column_config=config,
        hide_index=True,
        placeholder="–",
        height="content" if len(frame) <= 15 else 560,
        key=f"queue_{project.id}_{ordering.name}",
        alt="The documents that come next",
    )


def _frame(queued: Sequence[Queued]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "place": [str(place) for place in range(1, len(queued) + 1)],
            "text": [one.document.preview for one in queued],
            "how": ["at random" if one.is_drawn else "by score" for one in queued],
            "mine": ["yours" if one.is_mine else "" for one in queued],
            "status": [one.document.status for one in queued],
            "score": [one.score for one in queued],
        }
    )
