"""Which document of how many."""

from __future__ import annotations

from bisect import bisect_left

import streamlit as st

from tokapp.store import Labelling, Store


def position_of(store: Store, labelling: Labelling) -> tuple[int, int]:
    """Place of a document among those of its project (from 1), and how many there are."""
    total = store.count_documents(labelling.project_id)
    ids = _ids(store.url, labelling.project_id, total, _store=store)
    return bisect_left(ids, labelling.id) + 1, total


# Documents are only ever added, so the ids change exactly when their number does; a resource is not copied on each use.
@st.cache_resource(max_entries=4, show_spinner=False)
def _ids(url: str, project_id: int, total: int, *, _store: Store) -> list[int]:
    return sorted(_store.document_ids(project_id))
