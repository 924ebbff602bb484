"""Plotly figures of reasons: bars, a waterfall, and a map of all decisions over the words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tokapp.ui.attribution_view import Word
from tokapp.ui.charts import plain_name
from tokapp.ui.text import shorten

if TYPE_CHECKING:
    import plotly.graph_objects as go

FOR, AGAINST, UNCLEAR = "#d0663a", "#3f7ec4", "#9aa3b0"
"""Colours of words that speak for a decision, against it, and of those that cannot be told from zero.

Orange and blue are told apart by every kind of colour blindness.
"""
_ERROR = "#8b94a5"
_SCALE = ((0.0, AGAINST), (0.5, "rgba(128,128,128,0.04)"), (1.0, FOR))
_MARGIN = {"l": 8, "r": 16, "t": 8, "b": 8}
_MOST_WORDS = 40
_VERSIONS = ("#6c80e6", "#b8790a")
"""Colours of two versions: neither is for or against."""


def word_bars(words: Sequence[Word], *, most: int = 20, reach: float | None = None) -> go.Figure:
    """Bars of the strongest words in log-odds with two standard errors, strongest on top; `reach` fixes the axis."""
    import plotly.graph_objects as go

    strongest = _strongest(words, most)[::-1]
    figure = go.Figure(
        go.Bar(
            x=[word.value for word in strongest],
            y=[_name(word) for word in strongest],
            orientation="h",
            marker_color=[UNCLEAR if not word.is_clear else FOR if word.value > 0 else AGAINST for word in strongest],
            error_x={
                "type": "data",
                "array": [2 * word.error for word in strongest],
                "thickness": 1,
                "width": 3,
                "color": _ERROR,
            },
            hovertemplate="%{x:+.2f} log-odds<extra></extra>",
        )
    )
    figure.update_layout(height=max(28 * len(strongest) + 60, 160), margin=_MARGIN, bargap=0.35)
    span = None if reach is None else [-reach, reach]
    figure.update_xaxes(
        title="← against   ·   log-odds   ·   for →", zeroline=True, zerolinecolor=_ERROR, automargin=True, range=span
    )
    figure.update_yaxes(automargin=True, showgrid=False)
    return figure


def paired_bars(versions: Mapping[str, Sequence[Word]], *, most: int = 12) -> go.Figure:
    """Values of the words that are strongest in any of the named versions, bar beside bar."""
    import plotly.graph_objects as go

    chosen = _places([word for words in versions.values() for word in words], most=most)
    chosen.sort(key=lambda word: abs(word.value))
    figure = go.Figure()
    for (name, words), color in zip(versions.items(), _VERSIONS, strict=False):
        figure.add_bar(
            x=_row(words, chosen),
            y=[_name(word) for word in chosen],
            orientation="h",
            name=plain_name(shorten(name, 30)),
            marker_color=color,
            hovertemplate="%{x:+.2f} log-odds<extra></extra>",
        )
    figure.update_layout(
        height=38 * len(chosen) + 90, margin=_MARGIN, bargap=0.3, legend={"orientation": "h", "traceorder": "normal"}
    )
    figure.update_xaxes(title="← against   ·   log-odds   ·   for →", zeroline=True, automargin=True)
    figure.update_yaxes(automargin=True, showgrid=False)
    return figure


def waterfall(words: Sequence[Word], base: float, output: float, *, most: int = 12) -> go.Figure:
    """From the log-odds with every word hidden to those with all shown: the strongest words, then all others as one."""
    import plotly.graph_objects as go

    strongest = _strongest(words, most)
    steps = [(_name(word), word.value) for word in strongest]
    if len(strongest) < len(words):
        steps.append((f"{len(words) - len(strongest)} other words", output - base - sum(value for _, value in steps)))
    names = ["all hidden", *(name for name, _ in steps), "all shown"]
    figure = go.Figure(
        go.Waterfall(
            orientation="h",
            measure=["absolute", *("relative" for _ in steps), "total"],
            x=[base, *(value for _, value in steps), output],
            y=names,
            increasing={"marker": {"color": FOR}},
            decreasing={"marker": {"color": AGAINST}},
            totals={"marker": {"color": UNCLEAR}},
            connector={"line": {"color": _ERROR, "width": 1}},
            hovertemplate="%{delta:+.2f} → %{final:+.2f} log-odds<extra></extra>",
        )
    )
    figure.update_layout(height=28 * len(names) + 60, margin=_MARGIN, waterfallgap=0.35)
    figure.update_xaxes(title="log-odds", automargin=True)
    figure.update_yaxes(automargin=True, showgrid=False, autorange="reversed")
    return figure


def decision_map(decisions: Mapping[str, Sequence[Word]]) -> go.Figure:
    """Words in reading order (the strongest of a long text) by named decisions, coloured by value; zero is plain."""
    import plotly.graph_objects as go

    words = _places([word for some in decisions.values() for word in some])
    values = [list(row) for row in zip(*(_row(some, words) for some in decisions.values()), strict=True)]
    reach = max((abs(value) for row in values for value in row if value is not None), default=0.0) or 1.0
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=[plain_name(name) + "\u200b" * place for place, name in enumerate(decisions)],
            y=[_name(word) for word in words],
            zmin=-reach,
            zmax=reach,
            zmid=0,
            colorscale=[list(stop) for stop in _SCALE],
            xgap=2,
            ygap=1,
            colorbar={"title": {"text": "log-odds"}, "thickness": 10},
            hovertemplate="%{y}: %{z:+.2f}<br>%{x}<extra></extra>",
        )
    )
    figure.update_layout(height=18 * len(words) + 150, margin=_MARGIN)
    figure.update_xaxes(side="top", tickangle=-30, automargin=True, showgrid=False)
    figure.update_yaxes(automargin=True, showgrid=False, autorange="reversed", tickmode="linear", tickfont={"size": 11})
    return figure


def _places(words: Sequence[Word], *, most: int = _MOST_WORDS) -> list[Word]:
    """One word per place in the text, at most `most` of them: those that are strongest for any decision."""
    best: dict[tuple[int, int, int], Word] = {}
    for word in words:
        key = (word.part, word.start, word.end)
        if key not in best or abs(word.value) > abs(best[key].value):
            best[key] = word
    kept = sorted(best, key=lambda key: -abs(best[key].value))[:most]
    return [best[key] for key in sorted(kept)]


def _row(words: Sequence[Word], columns: Sequence[Word]) -> list[float | None]:
    known = {(word.part, word.start, word.end): word.value for word in words}
    return [known.get((one.part, one.start, one.end)) for one in columns]


def _strongest(words: Sequence[Word], most: int) -> list[Word]:
    return sorted(words, key=lambda word: abs(word.value), reverse=True)[:most]


def _name(word: Word) -> str:
    """Two bars with equal names would be stacked: the place keeps them apart, an invisible tail hides it."""
    return plain_name(shorten(word.text, 24)) + "\u200b" * (word.place + 1)
