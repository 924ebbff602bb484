"""Plotly figures: word values with their errors, and learning curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tokapp.documents import Json
from tokapp.ui.text import shorten

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from tokapp.ui.attribution_view import Word

FOR, AGAINST, UNCLEAR = "#d0663a", "#3f7ec4", "#9aa3b0"
"""Colours of words that speak for a decision, against it, and of those that cannot be told from zero."""

LINE = "#6c80e6"
"""Colour of a curve; it stands out on white and on black alike."""

_MARGIN = {"l": 8, "r": 16, "t": 8, "b": 8}


def word_bars(words: Sequence[Word], *, most: int = 20) -> go.Figure:
    """Bars of the strongest words in log-odds with two standard errors, strongest on top."""
    import plotly.graph_objects as go

    strongest = sorted(words, key=lambda word: abs(word.value), reverse=True)[:most][::-1]
    # Two bars with equal names would be stacked: the place in the text keeps them apart, an invisible tail hides it.
    names = [plain_name(shorten(word.text, 24)) + "\u200b" * word.place for word in strongest]
    figure = go.Figure(
        go.Bar(
            x=[word.value for word in strongest],
            y=names,
            orientation="h",
            marker_color=[UNCLEAR if not word.is_clear else FOR if word.value > 0 else AGAINST for word in strongest],
            error_x={
                "type": "data",
                "array": [2 * word.error for word in strongest],
                "thickness": 1,
                "width": 3,
                "color": "#8b94a5",
            },
            hovertemplate="%{x:+.2f} log-odds<extra></extra>",
        )
    )
    figure.update_layout(height=max(28 * len(strongest) + 60, 160), margin=_MARGIN, bargap=0.35)
    figure.update_xaxes(title="← against   ·   log-odds   ·   for →", zeroline=True, automargin=True)
    figure.update_yaxes(automargin=True, showgrid=False)
    return figure


def learning_curve(points: Sequence[Mapping[str, Json]], key: str, title: str) -> go.Figure | None:
    """One measured value over the steps of a training; None before there is a first value."""
    import plotly.graph_objects as go

    known = [(_number(point.get("step")), _number(point.get(key))) for point in points]
    pairs = [(step, value) for step, value in known if step is not None and value is not None]
    if not pairs:
        return None
    mode = "lines" if len(pairs) > 30 else "lines+markers"
    figure = go.Figure(go.Scatter(x=[step for step, _ in pairs], y=[value for _, value in pairs], mode=mode))
    figure.update_traces(
        hovertemplate="step %{x}: %{y:.3f}<extra></extra>",
        line={"width": 2, "color": LINE},
        marker={"size": 6, "color": LINE},
    )
    figure.update_layout(height=220, margin={**_MARGIN, "t": 30}, title={"text": title, "font": {"size": 14}})
    figure.update_xaxes(title="step", tickformat=",d", nticks=8)
    if key != "loss":
        figure.update_yaxes(range=[0, 1], tickformat=".0%")
    return figure


def _number(value: Json) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def plain_name(text: str) -> str:
    """Plotly reads a few HTML tags in names; without angle brackets and entities there are none."""
    return text.replace("&", "＆").replace("<", "‹").replace(">", "›").replace("$", "＄")
