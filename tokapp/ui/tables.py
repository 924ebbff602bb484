"""Frames for the tables that people see; the first column of each is the id and stays hidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from tokapp.ui.text import ago, plain, shorten

if TYPE_CHECKING:
    import pandas as pd
    from streamlit.elements.lib.column_types import ColumnConfig

    from tokapp.store.values import DocumentRow, JobRow

STATUS_WORDS = {"new": "new", "started": "started", "labelled": "labelled", "skipped": "skipped"}


def document_frame(rows: Sequence[DocumentRow], surfaces: Mapping[int, Sequence[str]]) -> pd.DataFrame:
    """A page of documents as a frame; `surfaces` holds what is marked in each of them, by its id."""
    import pandas as pd

    return pd.DataFrame(
        {
            "pk": [row.id for row in rows],
            "text": [shorten(row.preview, 300) for row in rows],
            "spans": [[shorten(one, 40) for one in surfaces.get(row.id, ())] for row in rows],
            "label": [plain(row.label or "") for row in rows],
            "status": [STATUS_WORDS.get(row.status, row.status) for row in rows],
            "confidence": [None if row.confidence is None else int(100 * row.confidence) for row in rows],
            "source": [plain(row.source) for row in rows],
            "split": [row.split for row in rows],
            "id": [plain(row.external_id) for row in rows],
            "updated": [ago(row.updated) for row in rows],
        }
    )


def document_columns(*, has_labels: bool, has_spans: bool, has_changes: bool) -> dict[str, ColumnConfig | None]:
    """How the columns of `document_frame` are shown: the part, or with `has_changes` when the document last changed.

    They fit beside the menu on a screen of 1280 pixels, and grow on a wider one.
    """
    return {
        "pk": None,
        "text": st.column_config.TextColumn("Text", width=250 if has_labels else 330),
        "spans": st.column_config.ListColumn(
            "Marked", help="What people marked; where nobody has begun, what the model found", width=165
        )
        if has_spans
        else None,
        "label": st.column_config.TextColumn(
            "Label", help="What people said; where nobody has, what the model says", width=80
        )
        if has_labels
        else None,
        "status": st.column_config.TextColumn("Status", width=72),
        "confidence": st.column_config.ProgressColumn(
            "Confidence",
            help="The model's least certain decision about the document",
            min_value=0,
            max_value=100,
            format="%d %%",
            width=98,
        ),
        "source": st.column_config.TextColumn("Source", width=84),
        "split": st.column_config.TextColumn(
            "Part", help="Train, validation or test: drawn once at import, never changed", width=70
        )
        if not has_changes
        else None,
        "id": st.column_config.TextColumn("Id", width=70),
        "updated": st.column_config.TextColumn("Changed", width=70) if has_changes else None,
    }


def job_frame(jobs: Sequence[JobRow]) -> pd.DataFrame:
    """Past jobs as a frame."""
    import pandas as pd

    return pd.DataFrame(
        {
            "Started": [ago(job.started or job.created) for job in jobs],
            "State": [job.state for job in jobs],
            "Result": [plain(str(job.result.get("model", "")) or job.error or job.message) for job in jobs],
        }
    )


def selected_row(state: object) -> int | None:
    """Position of the one selected row of an `st.dataframe`, or None."""
    rows = getattr(getattr(state, "selection", None), "rows", ())
    return int(rows[0]) if rows else None


def selected_rows(state: object) -> list[int]:
    """Positions of the selected rows of an `st.dataframe`, ascending."""
    return sorted(int(row) for row in getattr(getattr(state, "selection", None), "rows", ()))
