"""Where a version comes from: its recipe and figures, what it learnt from, what it was made with, when it was used."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st
import yaml

from tokapp import places
from tokapp.ui import session
from tokapp.ui.promotion import draw_promotions
from tokapp.ui.tables import selected_row
from tokapp.ui.text import count, escape, plain, shorten

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from tokapp.documents import Document, Json
    from tokapp.store.values import ModelRow, Project

_AVERAGED = {
    "averaged_epochs": "mean of the last epochs",
    "best_epoch": "best epoch",
    "last_epoch": "last epoch",
    "mean_of_runs": "mean of the runs",
}


def draw_details(project: Project, row: ModelRow) -> None:
    """Everything that is stored about a version."""
    with st.expander(f"About {escape(row.name)}", key="about"):
        draw_promotions(row)
        folder = places.version(row.name, session.settings().models)
        _draw_data(project, record_of(folder, "data"))
        if row.snapshot_id is not None and row.project_id == project.id:
            _draw_lessons(project, row.snapshot_id)
        if said := _of_averaging(row.metrics.get("averaging")):
            st.caption(escape(said))
        left, right = st.columns(2)
        left.markdown("**Recipe**")
        left.code(yaml.safe_dump(dict(row.recipe), sort_keys=False) if row.recipe else "not stored", language="yaml")
        right.markdown("**Figures when it was made**")
        right.json(dict(row.metrics), expanded=1)
        made_with = record_of(folder, "environment")
        if made_with:
            st.caption(escape("Made with " + ", ".join(f"{name} {value}" for name, value in made_with.items())))


def _of_averaging(figures: Json) -> str:
    """What averaging weights did, beside the weights that were averaged; nothing where none were."""
    known = figures if isinstance(figures, Mapping) else {}
    names = {name: f"run {name[4:]}" for name in known if name[4:].isdecimal()} | _AVERAGED
    shown = [f"{words} {float(str(known[name])):.3f}" for name, words in names.items() if name in known]
    return f"Averaged weights, scored on validation: {', '.join(shown)}." if shown else ""


def _draw_data(project: Project, data: dict[str, Json]) -> None:
    """What a version learnt from, in words."""
    documents, hashes = data.get("documents"), data.get("hashes")
    if not isinstance(documents, dict) or not isinstance(hashes, dict):
        return
    snapshot = f" (snapshot {data['snapshot']})" if "snapshot" in data else ""
    without = f", without {plain(str(data['without']))}" if data.get("without") else ""
    st.caption(
        escape(
            f"Learnt from {count(int(str(documents.get('train', 0))), project.task.noun)}{snapshot}{without}; "
            f"their content is {str(hashes.get('train'))[:12]}"
        )
    )


def _draw_lessons(project: Project, snapshot_id: int) -> None:
    """How much a version was trained with, and on demand every text of it, as it was labelled then."""
    noun = project.task.noun
    ids, found = _lessons(session.place(), snapshot_id)
    spans = sum(len(one.spans) for one in found)
    says = f"Trained with {count(len(found), noun)} and {count(spans, 'span')}. Show them"
    if not st.toggle(says, key=f"lessons_{snapshot_id}"):
        return
    state = st.dataframe(
        lesson_frame(found),
        hide_index=True,
        height=250,
        on_select="rerun",
        selection_mode="single-row",
        key=f"lesson_rows_{snapshot_id}",
        alt="What the version was trained with",
    )
    place = selected_row(state)
    if place is not None and place < len(ids):
        link = {"project": str(project.id), "doc": str(ids[place])}
        st.page_link("pages/label.py", label="Open it in Label", icon=":material/ink_highlighter:", query_params=link)


@st.cache_data(max_entries=4, show_spinner=False)
def _lessons(place: str, snapshot_id: int) -> tuple[list[int], list[Document]]:
    """Ids and texts of the side that is learnt from; a snapshot never changes, so that it is read once."""
    store = session.store()
    return store.snapshot_ids(snapshot_id, "train"), store.training_set(snapshot_id)["train"]


def lesson_frame(found: Sequence[Document]) -> pd.DataFrame:
    """Documents as they were labelled when a model learnt from them."""
    import pandas as pd

    return pd.DataFrame(
        {
            "Text": [shorten(one.text, 200) for one in found],
            "Marked": [[shorten(one.surface(span), 40) for span in one.spans] for one in found],
            "Label": [plain(one.label or "") for one in found],
            "Id": [plain(one.id) for one in found],
        }
    )


def record_of(folder: Path | None, name: str) -> dict[str, Json]:
    """What a version's folder says under a name; nothing for a model that has none, or that is damaged."""
    file = None if folder is None else folder / f"{name}.json"
    try:
        found = json.loads(file.read_text("utf-8")) if file is not None and file.is_file() else {}
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
