"""An explanation to take along."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from tokapp.explanations.export import write_csv, write_json, write_png, write_svg

if TYPE_CHECKING:
    from tokapp.documents import Attribution


def draw_downloads(attribution: Attribution, document: int) -> None:
    """Buttons that make the file when they are pressed."""
    files: tuple[tuple[str, str, Callable[[], bytes]], ...] = (
        ("JSON", "application/json", lambda: write_json([attribution])),
        ("CSV", "text/csv", lambda: write_csv([attribution])),
        ("PNG", "image/png", lambda: write_png(attribution)),
        ("SVG", "image/svg+xml", lambda: write_svg(attribution)),
    )
    with st.container(horizontal=True, gap="small"):
        for title, mime, make in files:
            st.download_button(
                title,
                data=make,
                file_name=f"why-{document}.{title.lower()}",
                mime=mime,
                key=f"download_{title.lower()}",
                icon=":material/download:",
                on_click="ignore",
            )
