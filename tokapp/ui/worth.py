"""What more labels would buy: the trainings on parts of the labels, their curve, and what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from tokapp.evaluation.learning_curve import Point, expected_gain, fit_law
from tokapp.ui import access, session
from tokapp.ui.charts import LINE
from tokapp.ui.progress import open_job, show_job
from tokapp.ui.text import ago, escape, number, plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from tokapp.documents import Json
    from tokapp.store.values import JobRow, Project

_MORE = 100


def draw_worth(project: Project) -> None:
    """The button that starts the trainings, how far they are, and what the last ones said."""
    with st.expander("What would more labels buy?", icon=":material/trending_up:", key=f"worth_{project.id}"):
        running = open_job(project.id, "curve")
        if running is not None:
            show_job(running)
            return
        done = next((job for job in session.store().jobs(project.id, "curve") if job.state == "done"), None)
        if done is not None:
            _draw_answer(project, done)
        st.caption(
            "Trains twelve times on a quarter, a half, three quarters and all of the labels, only the last layer, and "
            "scores each on the validation part. Nothing of it is kept as a version."
        )
        if access.button("Find out", "train", key="worth_start", icon=":material/play_arrow:"):
            payload: dict[str, Json] = {"base": _base(project)}
            session.store().enqueue("curve", project_id=project.id, payload=payload)
            st.rerun()


def _base(project: Project) -> str | None:
    """The model that came with the task: one that was trained here has seen the labels that are to be held back."""
    return next((row.name for row in session.store().models(project.task.name) if row.is_built_in), None)


def _draw_answer(project: Project, job: JobRow) -> None:
    points = points_of(job)
    answer = _answer(session.place(), job.id, plural(project.task.noun), points)
    st.markdown(f"**{escape(answer)}** :gray[{escape(ago(job.finished))}]")
    figure = worth_figure(points)
    if figure is not None:
        alt = "F1 by the number of labelled documents, with the curve through it"
        st.plotly_chart(figure, key="worth_curve", config={"displayModeBar": False}, alt=alt)


@st.cache_data(max_entries=16, show_spinner=False)
def _answer(place: str, job_id: int, nouns: str, _points: Sequence[Point]) -> str:
    """What a job's figures say; hundreds of fits, so that it is found out once."""
    return say(_points, nouns)


def points_of(job: JobRow) -> list[Point]:
    """The figures of a curve job, in its order."""
    found = job.result.get("points")
    rows: list[Any] = found if isinstance(found, list) else []
    return [Point(int(row["documents"]), int(row["seed"]), float(row["figure"])) for row in rows]


def say(points: Sequence[Point], nouns: str) -> str:
    """What the figures say, or that they cannot tell."""
    gain = expected_gain(points, _MORE)
    if gain is None:
        return f"It cannot be told what {number(_MORE)} more {nouns} would buy: the trainings are too far apart."
    words = f"{number(_MORE)} more corrected {nouns}: about {gain.expected:+.3f} F1 ({gain.low:.3f} to {gain.high:.3f})"
    return f"{words}, which may be nothing" if gain.low < 0.001 else words


def worth_figure(points: Sequence[Point]) -> go.Figure | None:
    """Every training as a dot and the law through them, drawn on to what more labels would give."""
    import plotly.graph_objects as go

    sizes = sorted({point.documents for point in points})
    if len(sizes) < 3:
        return None
    law, last = fit_law(points), sizes[-1] + _MORE
    line = [sizes[0] + (last - sizes[0]) * step / 50 for step in range(51)]
    dots = go.Scatter(x=[one.documents for one in points], y=[one.figure for one in points], mode="markers")
    figure = go.Figure([dots, go.Scatter(x=line, y=[law.at(place) for place in line], mode="lines")])
    figure.update_traces(marker={"size": 7, "color": LINE}, line={"width": 2, "color": LINE}, showlegend=False)
    figure.update_traces(hovertemplate="%{x:.0f}: %{y:.3f}<extra></extra>")
    figure.update_layout(height=240, margin={"l": 50, "r": 10, "t": 10, "b": 40})
    figure.update_xaxes(title="labelled for learning", tickformat=",d")
    figure.update_yaxes(title="validation F1")
    return figure
