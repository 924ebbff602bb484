"""Plotly figures of how good methods are, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokapp.ui.explain.figures import AGAINST, FOR, UNCLEAR
from tokapp.ui.judge.outcome import NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from tokapp.explanations.judging import Judgement

_MARGIN = {"l": 8, "r": 16, "t": 8, "b": 8}


def error_bars(judgement: Judgement) -> go.Figure | None:
    """How wrong each method is, in short and in long texts, best on top; None where nothing was measured."""
    measured = [one for one in judgement.methods if one.error is not None or one.error_long is not None]
    if not measured:
        return None
    names = [NAMES.get(one.method, one.method) for one in measured][::-1]
    bars = (
        ("Texts of up to 12 words", FOR, [one.error for one in measured][::-1]),
        ("Longer texts", AGAINST, [one.error_long for one in measured][::-1]),
    )
    figure = _bars(names, [bar for bar in bars if any(value is not None for value in bar[2])])
    figure.update_xaxes(title="error · shorter is better", rangemode="tozero", automargin=True)
    return figure


def faithfulness_bars(judgement: Judgement) -> go.Figure:
    """What is lost without the top words, and with nothing else, method by method."""
    names = [NAMES.get(one.method, one.method) for one in judgement.methods][::-1]
    figure = _bars(
        names,
        (
            ("Top words hidden · longer is better", FOR, [one.comprehensiveness for one in judgement.methods][::-1]),
            ("Top words alone · shorter is better", UNCLEAR, [one.sufficiency for one in judgement.methods][::-1]),
        ),
    )
    figure.update_xaxes(title="log-odds that the decision loses", automargin=True)
    return figure


def _bars(names: Sequence[str], bars: Sequence[tuple[str, str, Sequence[float | None]]]) -> go.Figure:
    import plotly.graph_objects as go

    figure = go.Figure(
        [
            go.Bar(
                name=title, y=names, x=values, orientation="h", marker_color=colour,
                hovertemplate=f"%{{y}}: %{{x:.3f}}<extra>{title}</extra>",
            )
            for title, colour, values in reversed(bars)
        ]
    )  # fmt: skip
    figure.update_layout(
        height=60 + 26 * len(names) * len(bars),
        margin=_MARGIN,
        bargap=0.3,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "reversed"},
    )
    figure.update_yaxes(automargin=True, showgrid=False)
    return figure
