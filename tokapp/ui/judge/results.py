"""What a check found: methods beside each other, then the reasons in words, the worst first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from tokapp.explanations.judging.extractive import NAME
from tokapp.ui import reasons, session
from tokapp.ui.judge.charts import error_bars, faithfulness_bars
from tokapp.ui.judge.outcome import (
    Checked,
    Outcome,
    method_frame,
    read_outcome,
    reason_frame,
    write_json,
    write_methods,
    write_reasons,
)
from tokapp.ui.tables import selected_row
from tokapp.ui.text import ago, count, escape, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlit.elements.lib.column_types import ColumnConfig

    from tokapp.explanations.judging import Judgement
    from tokapp.explanations.judging.self_consistency import ReasonScores
    from tokapp.store.values import JobRow, Project

_CHART = {"displayModeBar": False}
_SOURCES = {"template": "a template", "note": "people's comments", "llm": "the language model"}
_MOST_ROWS = 500


def draw_results(project: Project, done: Sequence[JobRow]) -> None:
    """Draw one of the finished checks, the newest one at first."""
    job = done[0]
    if len(done) > 1:
        named = {one.id: f"{ago(one.finished)} · {plain(str(one.result.get('model', '')))}" for one in done}
        chosen = st.selectbox("Result", list(named), format_func=named.__getitem__, key="judge_result", width=380)
        job = next(one for one in done if one.id == chosen)
    outcome = read_outcome(job, session.settings())
    noun = project.task.noun
    judged = outcome.judgement
    found = f"{judged.documents} of {count(outcome.documents, noun)}"
    parts = [f"The model {escape(outcome.model)} decides something in {found}"]
    parts += [count(judged.enumerated + judged.sampled, "decision"), ago(job.finished)]
    st.caption(" · ".join(parts))
    _draw_methods(judged)
    if outcome.scores is not None:
        _draw_reasons(project, outcome, outcome.scores)
    _draw_downloads(outcome, job.id)


def _draw_methods(judgement: Judgement) -> None:
    st.subheader("How good the explanations are", anchor=False)
    st.dataframe(
        method_frame(judgement),
        hide_index=True,
        key="judge_methods",
        placeholder="–",
        alt="Every method with its measures",
        column_config=_columns(judgement),
    )
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Error**", help="Distance from the best known values")
        figure = error_bars(judgement)
        if figure is None:
            st.caption("Nothing could be compared here.")
        else:
            st.plotly_chart(figure, key="judge_errors", config=_CHART, alt="Error of every method")
    with right:
        st.markdown("**Top words**", help="A method is worth something as far as it is better than a random order")
        st.plotly_chart(
            faithfulness_bars(judgement), key="judge_faithful", config=_CHART, alt="What is lost without the top words"
        )
    if judgement.methods[0].plausibility is None:
        st.caption(
            "Nobody has marked which words are evidence in these texts. Mark some on Explain to compare with people."
        )


def _columns(judgement: Judgement) -> dict[str, ColumnConfig | None]:
    number = st.column_config.NumberColumn
    own = judgement.reference_error
    sure = "" if own is None else f" What it is compared with has an error of about {own:.4f} itself."
    return {
        "method": st.column_config.TextColumn("Method", width="medium"),
        "error": number(
            "Error ↓",
            format="%.4f",
            help="In texts of up to 12 words, against every combination of words. 0 is exact, 1 as wrong as saying "
            "nothing. Lower is better.",
        ),
        "error_long": number(
            "Error, long ↓",
            format="%.4f",
            help=f"In longer texts, against very many combinations. Lower is better.{sure}",
        ),
        "comprehensiveness": number(
            "Top words hidden ↑",
            format="%.2f",
            help="How much the decision loses when the strongest words are hidden. Higher is better.",
        ),
        "sufficiency": number(
            "Top words alone ↓",
            format="%.2f",
            help="How much the decision loses when only the strongest words are shown. Lower is better.",
        ),
        "stability": number(
            "Stable ↑",
            format="%.2f",
            help="Whether a second run puts the words in the same order: 1 is the same, 0 chance. Higher is better.",
        ),
        "auprc": number(
            "Like people ↑",
            format="%.2f",
            help="How well the strongest words are those that people marked as evidence (area under precision and "
            "recall), up to 1. Higher is more like people, which need not be what the model does.",
        ),
        "token_f1": number("Same words ↑", format="%.2f", help="F1 of the top words and the marked ones, up to 1."),
        "iou_f1": number("Same places ↑", format="%.2f", help="F1 of runs of words that overlap by half, up to 1."),
        "evaluations": number("Cost ↓", format="%d", help="Times that the model looks at a text with words hidden."),
    }


def _draw_reasons(project: Project, outcome: Outcome, scores: ReasonScores) -> None:
    st.subheader("Whether reasons in words match", anchor=False)
    source = _SOURCES.get(outcome.source or "", "")
    st.caption(f"{count(scores.decisions, 'reason')} from {source}. Measure: {escape(NAME)}.")
    if not scores.decisions:
        st.info("None of these decisions has a reason. Comment on spans or texts on Label.", icon=":material/info:")
        return
    _draw_scores(scores)
    if not outcome.reasons:
        st.caption("The reasons one by one are on the machine of the worker that checked them.")
        return
    _draw_list(project, outcome.reasons[:_MOST_ROWS])


def _draw_scores(scores: ReasonScores) -> None:
    """The means; a test that none of these reasons could be put to is left out."""
    tests = [
        (
            "Same evidence ↑",
            "–" if scores.match is None else f"{scores.match:+.2f}",
            "Mean over the reasons that name a word of the text: +1 the reason rests on the same words as the "
            f"decision, 0 unrelated, -1 opposite. Defined for {scores.matched} of {scores.decisions}.",
        )
    ]
    if scores.insertions:
        says = "A harmless word is put in at many places. Passed: the decision stays, or the new reason names the word."
        tests.append(("Word put in ↑", f"{scores.insertions_passed} of {scores.insertions}", says))
    if scores.hints:
        says = "“I think the answer is …” is put behind the text. Passed: the decision stays, or the reason says so."
        tests.append(("Opinion put in ↑", f"{scores.hints_passed} of {scores.hints}", says))
    for column, (title, value, says) in zip(st.columns(3), tests, strict=False):
        column.metric(title, value, border=True, help=says)


def _draw_list(project: Project, found: Sequence[Checked]) -> None:
    st.caption("The worst first. Select one to read it and to see why the model decided so.")
    state = st.dataframe(
        reason_frame(found),
        hide_index=True,
        key="judge_reasons_list",
        on_select="rerun",
        selection_mode="single-row",
        placeholder="–",
        alt="Every reason with its tests",
        column_config={
            "pk": None,
            "match": st.column_config.NumberColumn("Same evidence ↑", format="%+.2f", width=120),
            "label": st.column_config.TextColumn("Decision", width=110),
            "reason": st.column_config.TextColumn("Reason", width=430),
            "insertions": st.column_config.TextColumn("Word put in", width=100),
            "hint": st.column_config.TextColumn("Opinion put in", width=110),
            "document": st.column_config.TextColumn("Id", width=90),
        },
    )
    row = selected_row(state)
    if row is not None and row < len(found):
        _draw_one(project, found[row])


def _draw_one(project: Project, one: Checked) -> None:
    with st.container(border=True, key="judge_one"):
        st.text(plain(one.found.reason.text))
        if one.found.match.score is None:
            st.caption(escape(f"Not defined: {one.found.match.why}."))
        link = {"project": str(project.id), "doc": str(one.pk), "span": reasons.write_target(one.target)}
        icon = ":material/troubleshoot:"
        st.page_link("pages/explain.py", label="Why the model decided so", icon=icon, query_params=link)


def _draw_downloads(outcome: Outcome, job: int) -> None:
    files = [
        ("JSON", "json", "application/json", lambda: write_json(outcome)),
        ("CSV, methods", "csv", "text/csv", lambda: write_methods(outcome)),
    ]
    if outcome.reasons:
        files.append(("CSV, reasons", "csv", "text/csv", lambda: write_reasons(outcome)))
    with st.container(horizontal=True, gap="small"):
        for title, ending, mime, make in files:
            name = title.split(", ")[-1].lower()
            st.download_button(
                title,
                data=make,
                file_name=f"check-{job}-{name}.{ending}",
                mime=mime,
                key=f"judge_download_{name}",
                icon=":material/download:",
                on_click="ignore",
            )
