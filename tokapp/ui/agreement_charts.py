"""Plotly figures of agreement: which two people agree how well, and how it went over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokapp.ui.agreement import UNDEFINED, show_value
from tokapp.ui.charts import plain_name
from tokapp.ui.text import count, shorten

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from tokapp.evaluation.agreement import AgreementReport, Figure

_SCALE = ((0.0, "#eef1fb"), (0.5, "#93a5e6"), (1.0, "#2f479f"))
_MARGIN = {"l": 8, "r": 16, "t": 8, "b": 8}


def pair_map(report: AgreementReport) -> go.Figure:
    """A cell for every two people with their value, darker for more agreement; 0 and below are the palest."""
    import plotly.graph_objects as go

    persons = report.persons
    cells = [[_of(report, one, other) for other in persons] for one in persons]
    names = [plain_name(shorten(name, 24)) + "\u200b" * place for place, name in enumerate(persons)]
    figure = go.Figure(
        go.Heatmap(
            x=names,
            y=names,
            z=[[cell.value if cell else None for cell in row] for row in cells],
            text=[[show_value(cell.value) if cell else "" for cell in row] for row in cells],
            hovertext=[[_says(cell) for cell in row] for row in cells],
            texttemplate="%{text}",
            hovertemplate="%{y} and %{x}: %{hovertext}<extra></extra>",
            hoverongaps=False,
            zmin=0,
            zmax=1,
            colorscale=_SCALE,
            showscale=False,
            xgap=2,
            ygap=2,
        )
    )
    figure.update_layout(height=min(max(44 * len(persons) + 60, 180), 720), margin=_MARGIN)
    figure.update_xaxes(showgrid=False, automargin=True, side="bottom")
    figure.update_yaxes(showgrid=False, automargin=True, autorange="reversed")
    return figure


def over_time(report: AgreementReport) -> go.Figure:
    """Agreement of the documents that became comparable in each week or month; a gap where it is not defined."""
    import plotly.graph_objects as go

    figures = list(report.periods.values())
    values = [figure.value for figure in figures]
    figure = go.Figure(
        go.Scatter(
            x=list(report.periods),
            y=values,
            mode="lines+markers",
            line={"width": 2},
            marker={"size": 9},
            hovertext=[_says(one) for one in figures],
            hovertemplate="from %{x|%d %b %Y}: %{hovertext}<extra></extra>",
        )
    )
    figure.update_layout(height=240, margin=_MARGIN)
    figure.update_xaxes(tickformat="%d %b<br>%Y", tickvals=list(report.periods) if len(figures) <= 12 else None)
    figure.update_yaxes(range=[min([0.0, *(value for value in values if value is not None)]) - 0.05, 1.05])
    return figure


def _of(report: AgreementReport, one: str, other: str) -> Figure | None:
    """Pairs are kept once, in order of name; nobody is compared with themselves."""
    return report.pairs.get((min(one, other), max(one, other)))


def _says(figure: Figure | None) -> str:
    if figure is None:
        return UNDEFINED
    return f"{show_value(figure.value)} on {count(figure.documents, 'document')}"
