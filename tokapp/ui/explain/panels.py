"""Beside the text, one at a time: the reasons as bars, waterfall or table, all decisions, passages, other versions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import streamlit as st

from tokapp.ui import session
from tokapp.ui.attribution_view import Word, words_of
from tokapp.ui.explain.figures import decision_map, waterfall, word_bars
from tokapp.ui.explain.sources import draw_sources, has_sources
from tokapp.ui.explain.versions import draw_versions
from tokapp.ui.text import plain, shorten

if TYPE_CHECKING:
    import pandas as pd

    from tokapp.documents import Attribution, Document, Target
    from tokapp.ui.explain.case import Case

_BARS = {"displaylogo": False}
_SOURCES = "Passages"


def draw_panels(case: Case, attribution: Attribution) -> None:
    """Draw the panel that is chosen."""
    names = [name for name in _PANELS if name != _SOURCES or has_sources(case)]
    if st.session_state.get("panel") not in names:
        st.session_state.pop("panel", None)
    chosen = st.segmented_control(
        "Show as",
        names,
        default="Bars",
        required=True,
        key="panel",
        label_visibility="collapsed",
        persist_state="session",
        wrap=True,
    )
    _PANELS[chosen or "Bars"](case, attribution)


def _draw_bars(case: Case, attribution: Attribution) -> None:
    figure = word_bars(words_of(attribution))
    st.plotly_chart(figure, key="bars", config=_BARS, alt="The strongest words with their errors")


def _draw_waterfall(case: Case, attribution: Attribution) -> None:
    figure = waterfall(words_of(attribution), attribution.base_value, attribution.output_value)
    says = "How the strongest words lead from the log-odds with every word hidden to those with all shown"
    st.plotly_chart(figure, key="waterfall", config=_BARS, alt=says)


def _draw_table(case: Case, attribution: Attribution) -> None:
    st.dataframe(
        word_frame(words_of(attribution)),
        hide_index=True,
        key="words",
        height=420,
        column_config={
            "Value": st.column_config.NumberColumn(format="%+.3f", help="Log-odds: above zero it speaks for it"),
            "Error": st.column_config.NumberColumn(format="%.3f", help="One standard error of the value"),
            "Sure": st.column_config.CheckboxColumn(help="Told from zero: more than two standard errors away"),
        },
    )


def word_frame(words: list[Word]) -> pd.DataFrame:
    """Words in reading order with their values and errors."""
    import pandas as pd

    return pd.DataFrame(
        {
            "Word": [plain(shorten(word.text, 60)) for word in words],
            "Value": [word.value for word in words],
            "Error": [word.error for word in words],
            "Sure": [word.is_clear for word in words],
        }
    )


def _draw_map(case: Case, attribution: Attribution) -> None:
    found = [one for one in session.store().attributions(case.pk, case.model) if not one.parts]
    figure = decision_map({_short(one.target, case.document): words_of(one) for one in found})
    st.plotly_chart(figure, key="map", config=_BARS, alt="Every word's value for each explained decision")


def _short(target: Target, document: Document) -> str:
    """A decision in a few words: the piece or label, and what else is asked about it."""
    what = f"“{document.text[target.start : target.end]}”" if target.has_place else plain(target.label)
    marks = {"start": "begins ", "end": "ends ", "cut": "cut "}
    other = "" if not target.against else f" / {plain(target.against)}"
    return marks.get(target.kind, "") + shorten(what, 18) + other


_PANELS: Mapping[str, Callable[[Case, Attribution], None]] = {
    "Bars": _draw_bars,
    "Waterfall": _draw_waterfall,
    "Table": _draw_table,
    "Map": _draw_map,
    _SOURCES: draw_sources,
    "Versions": draw_versions,
}
