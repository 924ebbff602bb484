"""Plotly figures of an evaluation: how sure against how right, and which label was taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tokapp.documents import NOTHING
from tokapp.ui.charts import LINE, plain_name
from tokapp.ui.text import shorten

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from tokapp.evaluation.calibration import Bin
    from tokapp.evaluation.confusion import Confusion

_GREY = "#7b8494"
_SCALE = ((0.0, "#eef1fb"), (0.5, "#93a5e6"), (1.0, "#2f479f"))
_MARGIN = {"l": 8, "r": 16, "t": 8, "b": 8}


def reliability_curve(bins: Sequence[Bin]) -> go.Figure:
    """How often decisions were right over how sure the model was, beside the diagonal."""
    import plotly.graph_objects as go

    ideal = {"dash": "dash", "width": 1, "color": _GREY}
    figure = go.Figure(
        [
            go.Scatter(x=[0, 1], y=[0, 1], mode="lines", line=ideal, hoverinfo="skip"),
            go.Scatter(
                x=[one.confidence for one in bins],
                y=[one.accuracy for one in bins],
                mode="lines+markers",
                line={"width": 2, "color": LINE},
                marker={"size": 9, "color": LINE},
                hovertext=[f"{one.count:,} decisions" for one in bins],
                hovertemplate="%{x:.0%} sure: %{y:.0%} right, %{hovertext}<extra></extra>",
            ),
        ]
    )
    figure.update_layout(height=340, margin=_MARGIN, showlegend=False)
    lowest = min([0.5, *(one.low for one in bins)])
    figure.update_xaxes(title="how sure the model was", range=[lowest - 0.02, 1.02], tickformat=".0%")
    figure.update_yaxes(title="how often it was right", range=[-0.02, 1.04], tickformat=".0%")
    return figure


def confusion_map(confusion: Confusion) -> go.Figure:
    """A cell for every two labels, darker for a larger share of what people gave the label of its row."""
    import plotly.graph_objects as go

    names = [_name(name, place) for place, name in enumerate(confusion.classes)]
    rows = confusion.counts.sum(axis=1, keepdims=True)
    shares = np.divide(confusion.counts, rows, out=np.zeros(confusion.counts.shape), where=rows > 0)
    figure = go.Figure(
        go.Heatmap(
            x=names,
            y=names,
            z=shares,
            text=[[f"{count:,}" for count in row] for row in confusion.counts.tolist()],
            texttemplate="%{text}",
            textfont={"size": 14},
            hovertemplate="people: %{y}, model: %{x}<br>%{text}, %{z:.1%} of the row<extra></extra>",
            zmin=0,
            zmax=1,
            colorscale=_SCALE,
            showscale=False,
            xgap=2,
            ygap=2,
        )
    )
    figure.update_layout(height=min(max(56 * len(names) + 90, 240), 720), margin=_MARGIN)
    figure.update_xaxes(title="what the model says", showgrid=False, automargin=True, type="category")
    figure.update_yaxes(title="what people say", showgrid=False, automargin=True, autorange="reversed", type="category")
    return figure


def _name(name: str, place: int) -> str:
    """Names that look alike would be one line: an invisible tail keeps them apart."""
    shown = "nothing" if name == NOTHING and place == 0 else plain_name(shorten(name, 24))
    return shown + "\u200b" * place
