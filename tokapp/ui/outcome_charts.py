"""Plotly figures of the ledger: how often sure suggestions are accepted, and what became of those of each group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tokapp.ui.charts import plain_name
from tokapp.ui.text import shorten

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from tokapp.evaluation.decisions import Outcome, Rates, ReliabilityBin

_MARGIN = {"l": 8, "r": 16, "t": 8, "b": 8}
_COLORS: Mapping[Outcome, str] = {"accepted": "#2c8a67", "edited": "#c9952a", "rejected": "#c4373f"}
_GREY = "#7b8494"


def reliability_curve(bins: Sequence[ReliabilityBin]) -> go.Figure:
    """The share of accepted suggestions over how sure the model was, with 95 % intervals, beside the diagonal."""
    import plotly.graph_objects as go

    shares = [(one.accepted, one.accepted.value or 0.0) for one in bins]
    figure = go.Figure(
        [
            go.Scatter(
                x=[0, 1], y=[0, 1], mode="lines", line={"dash": "dash", "width": 1, "color": _GREY}, hoverinfo="skip"
            ),
            go.Scatter(
                x=[one.confidence for one in bins],
                y=[value for _, value in shares],
                mode="lines+markers",
                line={"width": 2},
                marker={"size": 9},
                error_y={
                    "type": "data",
                    "array": [share.high - value for share, value in shares],
                    "arrayminus": [value - share.low for share, value in shares],
                    "thickness": 1.5,
                    "width": 4,
                },
                hovertext=[f"{share.count} of {share.total} accepted" for share, _ in shares],
                hovertemplate="%{x:.0%} sure: %{y:.0%}, %{hovertext}<extra></extra>",
            ),
        ]
    )
    figure.update_layout(height=320, margin=_MARGIN, showlegend=False)
    figure.update_xaxes(title="how sure the model was", range=[-0.02, 1.02], tickformat=".0%")
    figure.update_yaxes(title="accepted", range=[-0.02, 1.04], tickformat=".0%")
    return figure


def rate_bars(by_name: Mapping[str, Rates]) -> go.Figure:
    """A bar for each group, cut into the shares of the outcomes."""
    import plotly.graph_objects as go

    # Names that look alike would be stacked: an invisible tail keeps them apart.
    names = [plain_name(shorten(name, 24)) + "\u200b" * place for place, name in enumerate(by_name)]
    figure = go.Figure(
        [
            go.Bar(
                name=outcome,
                x=[one.share(outcome).value for one in by_name.values()],
                y=names,
                orientation="h",
                marker_color=color,
                customdata=[getattr(one, outcome) for one in by_name.values()],
                hovertemplate=f"%{{y}}: %{{customdata}} {outcome} (%{{x:.0%}})<extra></extra>",
            )
            for outcome, color in _COLORS.items()
        ]
    )
    figure.update_layout(
        barmode="stack", height=min(max(34 * len(by_name) + 90, 150), 720), margin=_MARGIN, bargap=0.35
    )
    figure.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal"})
    figure.update_xaxes(range=[0, 1], tickformat=".0%")
    figure.update_yaxes(automargin=True, autorange="reversed", showgrid=False)
    return figure
