"""Plotly figures: learning curves, and names that are safe in any figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tokapp.documents import Json

if TYPE_CHECKING:
    import plotly.graph_objects as go

LINE = "#6c80e6"
"""Colour of a curve; it stands out on white and on black alike."""

_MARGIN = {"l": 8, "r": 16, "t": 8, "b": 8}


def learning_curve(points: Sequence[Mapping[str, Json]], key: str, title: str) -> go.Figure | None:
    """One measured value over the steps of a training's last part; None before there is a first value.

    Parts of a recipe count steps anew, and their losses are of different things.
    """
    import plotly.graph_objects as go

    part = points[-1].get("part") if points else None
    known = [(_number(one.get("step")), _number(one.get(key))) for one in points if one.get("part") == part]
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
