"""Two versions side by side on the test part: how many spans differ, and which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

from tokapp.documents import Json
from tokapp.ui import access, session, versions
from tokapp.ui.tables import selected_row
from tokapp.ui.text import escape

if TYPE_CHECKING:
    from tokapp.documents import Document
    from tokapp.store.values import ModelRow, Project


def draw_comparison(project: Project, rows: list[ModelRow], documents: Mapping[int, Document]) -> None:
    """Which spans of the test part two versions mark differently."""
    st.subheader("Compare", anchor=False)
    names = [row.name for row in rows]
    parent = next((row.parent for row in rows if row.parent in names), None) or names[-1]
    columns = st.columns(2)
    old = columns[0].selectbox("Before", names, index=names.index(parent), key="old", bind="query-params")
    new = columns[1].selectbox("After", names, index=0, key="new", bind="query-params")
    known = {name: versions.test_predictions(project, name, documents) for name in {old, new}}
    waiting = [name for name, found in known.items() if len(found) < len(documents)]
    if waiting:
        _draw_waiting(project, waiting, documents)
        return
    found = versions.differences(documents, known[old], known[new])
    kinds = {kind: sum(row.kind == kind for row in found) for kind in ("gained", "lost", "changed")}
    for column, (kind, value) in zip(st.columns(3), kinds.items(), strict=True):
        column.metric(f"Spans {kind}", value, border=True)
    verdicts = {word: sum(row.verdict == word for row in found) for word in ("better", "worse", "neither")}
    st.caption(f"Judged by people's labels: {', '.join(f'{value} {word}' for word, value in verdicts.items())}.")
    if found:
        _draw_table(project, found)
    else:
        st.success("Both mark exactly the same.", icon=":material/check:")


def _draw_waiting(project: Project, waiting: list[str], documents: Mapping[int, Document]) -> None:
    st.info(escape(f"{' and '.join(waiting)} must first predict the test part."), icon=":material/info:")
    if access.button("Predict the test part", "train", key="predict_test", icon=":material/bolt:"):
        for name in waiting:
            payload: dict[str, Json] = {"model": name, "document_ids": list(documents)}
            session.store().enqueue("predict", project_id=project.id, payload=payload)
        st.rerun()


def _draw_table(project: Project, found: list[versions.Difference]) -> None:
    state = st.dataframe(
        versions.difference_frame(found),
        hide_index=True,
        placeholder="–",
        column_config=versions.difference_columns(),
        key="differences",
        on_select="rerun",
        selection_mode="single-row",
        alt="Changed spans",
    )
    place = selected_row(state)
    if place is not None and place < len(found):
        link = {"project": str(project.id), "doc": str(found[place].document_id)}
        st.page_link("pages/label.py", label="Open it in Label", icon=":material/ink_highlighter:", query_params=link)
