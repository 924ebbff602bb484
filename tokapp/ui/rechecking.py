"""Labels that a version was taught and does not believe, with the way to each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from tokapp.errors import NotFound
from tokapp.ui import session
from tokapp.ui.tables import selected_row
from tokapp.ui.text import count, escape, plain, shorten

if TYPE_CHECKING:
    import pandas as pd
    from streamlit.elements.lib.column_types import ColumnConfig

    from tokapp.documents import Document, Json
    from tokapp.store.values import ModelRow, Project

_AROUND = 40


@dataclass(frozen=True, slots=True)
class Doubt:
    """A label that people may look at again: the document's key, the words, what they are labelled, how likely."""

    pk: int
    words: str
    where: str
    label: str
    likely: float


def draw_rechecking(row: ModelRow, project: Project) -> None:
    """The labels of this project that a version did not learn, as far as they are still what they were."""
    if row.project_id != project.id or not isinstance(row.metrics.get("recheck"), Sequence):
        return
    found = doubts(row, project)
    with st.expander(escape(f"Labels worth re-checking ({count(len(found), 'label')})"), key="recheck_list"):
        if not found:
            st.caption("None is left: what it doubted was changed, or it doubted nothing.")
            return
        st.caption(
            "It learnt from these labels and still does not believe them, the least likely first. Some are mistakes, "
            "others are cases that it cannot learn."
        )
        state = st.dataframe(
            _frame(found),
            hide_index=True,
            column_config=_columns(),
            key="rechecks",
            on_select="rerun",
            selection_mode="single-row",
            alt="Labels that the version does not believe",
        )
        place = selected_row(state)
        if place is not None and place < len(found):
            link = {"project": str(project.id), "doc": str(found[place].pk)}
            st.page_link(
                "pages/label.py", label="Open it in Label", icon=":material/ink_highlighter:", query_params=link
            )


def doubts(row: ModelRow, project: Project) -> list[Doubt]:
    """What a version's metrics list, without labels that people changed since, in the list's order."""
    listed = row.metrics.get("recheck")
    entries = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, Sequence) else []
    keys = {name: key for name in {str(one["document"]) for one in entries} if (key := _key(project, name)) is not None}
    documents = dict(session.store().load_documents(sorted(keys.values())))
    found = []
    for one in entries:
        key = keys.get(str(one["document"]))
        document = None if key is None else documents.get(key)
        if key is not None and document is not None and _is_still(one, document):
            start, end = int(str(one["start"])), int(str(one["end"]))
            words, where = document.text[start:end], _where(document.text, start, end)
            found.append(Doubt(key, words, where, str(one["label"]), float(str(one["likely"]))))
    return found


def _key(project: Project, document: str) -> int | None:
    try:
        return session.store().find_document(project.id, document)
    except NotFound:
        return None


def _is_still(entry: Mapping[str, Json], document: Document) -> bool:
    """Whether the document is the one that was learnt from, and the label there what it was."""
    start, end, label = int(str(entry["start"])), int(str(entry["end"])), entry["label"]
    there = {span.label for span in document.spans if span.start < end and start < span.end}
    return document.hash == entry["hash"] and (label in there if label else not there)


def _where(text: str, start: int, end: int) -> str:
    first, last = max(start - _AROUND, 0), min(end + _AROUND, len(text))
    return ("…" if first else "") + shorten(text[first:last], 2 * _AROUND + 80) + ("…" if last < len(text) else "")


def _frame(found: Sequence[Doubt]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(
        {
            "Words": [shorten(one.words, 60) for one in found],
            "Labelled as": [plain(one.label) or "nothing" for one in found],
            "How likely": [100 * one.likely for one in found],
            "Where": [one.where for one in found],
        }
    )


def _columns() -> dict[str, ColumnConfig | None]:
    return {
        "Words": st.column_config.TextColumn("Words", width=170),
        "Labelled as": st.column_config.TextColumn("Labelled as", width=110),
        "How likely": st.column_config.NumberColumn(
            "How likely", format="%.1f %%", width=90, help="How likely the version takes this label to be"
        ),
        "Where": st.column_config.TextColumn("Where", width=420),
    }
