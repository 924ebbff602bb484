"""Where a version comes from: its recipe and figures, what it learnt from, what it was made with, when it was used."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import streamlit as st
import yaml

from tokapp import places
from tokapp.ui import session
from tokapp.ui.promotion import draw_promotions
from tokapp.ui.text import count, escape, plain

if TYPE_CHECKING:
    from pathlib import Path

    from tokapp.documents import Json
    from tokapp.store.values import ModelRow, Project


def draw_details(project: Project, row: ModelRow) -> None:
    """Everything that is stored about a version."""
    with st.expander(f"About {escape(row.name)}", key="about"):
        draw_promotions(row)
        folder = places.version(row.name, session.settings().models)
        _draw_data(project, _record(folder, "data"))
        left, right = st.columns(2)
        left.markdown("**Recipe**")
        left.code(yaml.safe_dump(dict(row.recipe), sort_keys=False) if row.recipe else "not stored", language="yaml")
        right.markdown("**Figures when it was made**")
        right.json(dict(row.metrics), expanded=1)
        made_with = _record(folder, "environment")
        if made_with:
            st.caption(escape("Made with " + ", ".join(f"{name} {value}" for name, value in made_with.items())))


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


def _record(folder: Path | None, name: str) -> dict[str, Json]:
    """What a version's folder says under a name; nothing for a model that has none, or that is damaged."""
    file = None if folder is None else folder / f"{name}.json"
    try:
        found = json.loads(file.read_text("utf-8")) if file is not None and file.is_file() else {}
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
