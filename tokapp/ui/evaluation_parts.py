"""The parts of the Evaluate page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from tokapp.documents import Json
from tokapp.evaluation import answers, tags
from tokapp.evaluation.mistakes import MISTAKES
from tokapp.evaluation.significance import verdict
from tokapp.ui import access, session
from tokapp.ui.evaluation import Asked, Judged, judge, paired
from tokapp.ui.evaluation_charts import confusion_map, reliability_curve
from tokapp.ui.evaluation_tables import (
    confusion_frame,
    line_frame,
    mistake_frame,
    scores_frame,
    slice_frame,
    wrong_label_frame,
)
from tokapp.ui.tables import selected_row
from tokapp.ui.text import ago, count, escape

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from tokapp.evaluation.assessment import Assessment
    from tokapp.evaluation.cases import Case
    from tokapp.evaluation.confusion import Confusion
    from tokapp.store import ModelRow, Project

_QUIET = {"displayModeBar": False}
_FORMATS = ("Precision", "Recall", "F1")
_MATCHING = (
    "Exact: same start, end and label. Same base forms (English) and same words: anywhere in the same text. "
    "Overlap: one shared character is enough. Intervals draw whole groups of texts again and again (bootstrap). The "
    "baseline finds what was marked in training word for word; of whole texts it says the most frequent label."
)


def draw_waiting(project: Project, asked: Asked, unread: tuple[int, ...]) -> None:
    """Say that a version must first predict the documents, and offer it."""
    names = count(len(unread), project.task.noun)
    st.info(escape(f"{asked.model} must first predict {names} of the {asked.part} part."), icon=":material/info:")
    if access.button("Predict them", "train", key=f"predict_{asked.model}", icon=":material/bolt:"):
        payload: dict[str, Json] = {"model": asked.model, "document_ids": list(unread)}
        session.store().enqueue("predict", project_id=project.id, payload=payload)
        st.rerun()


def draw_scored(row: ModelRow) -> None:
    """How often the version was scored on the test part when it was made, and what came out."""
    kept = session.store().test_scores(row.name)
    if not kept:
        return
    first, times = kept[0], sum(one.snapshot_id == kept[0].snapshot_id for one in kept)
    f1 = first.figures.get("span_exact_f1", first.figures.get("document_macro_f1"))
    figure = f" with F1 {f1:.3f}" if isinstance(f1, float) else ""
    often = "once" if times == 1 else f"{times} times: a figure that was looked at before choosing flatters"
    st.caption(escape(f"Scored on the test part of snapshot {first.snapshot_id} {often}, {ago(first.at)}{figure}."))


def draw_comparison(project: Project, asked: Asked, first: Judged, other: Asked) -> None:
    """The paired test of two versions in a sentence."""
    second = judge(project, other)
    if second.unread:
        draw_waiting(project, other, second.unread)
        return
    test = paired(project, first, second)
    if test is None:
        return
    sentence, enough = verdict(test, asked.model, other.model), test.is_significant
    show, icon = (st.success, ":material/trending_up:") if enough else (st.info, ":material/balance:")
    show(escape(sentence), icon=icon)
    ranks = "" if test.wilcoxon is None else f" Wilcoxon's test text by text: p = {test.wilcoxon:.3g}."
    told = (
        f"Paired randomisation test on {count(test.units, 'group')} of texts, {test.differing:,} of them differ.{ranks}"
    )
    st.caption(escape(told))


def draw_figures(found: Assessment) -> None:
    """A line per label and way of matching, and the figures that published tables use."""
    _table(line_frame(found.lines), "lines", "Figures per label and way of matching", extra="Baseline F1")
    st.caption(_MATCHING)
    if found.answers is not None:
        levels = found.answers
        named = {
            "answers with a span": levels.examples,
            "characters": levels.characters,
            "characters, as published": levels.characters_published,
            "words inside": levels.marked,
            "words outside": levels.unmarked,
        }
        _published("As LettuceDetect reports it", scores_frame(named), answers.TRAPS)
        auroc = "–" if levels.example_auroc is None else f"{levels.example_auroc:.3f}"
        told = (
            f"Answers ranked by their likeliest word: AUROC {auroc}. Mean overlap of characters: {levels.overlap:.3f}."
        )
        st.caption(escape(f"{told} Balanced accuracy of words: {levels.balanced_accuracy:.3f}."))
    if found.features is not None:
        _published("As T-FREX reports it", scores_frame({"feature level": found.features}), tags.TRAPS)


def _published(title: str, frame: pd.DataFrame, traps: tuple[str, ...]) -> None:
    st.markdown(f"**{title}**")
    _table(frame, title, title)
    st.caption(escape(" ".join(traps)))


def draw_confusion(confusion: Confusion, unit: str) -> None:
    """Which label was taken for which, and figures per label."""
    left, right = st.columns(2)
    with left:
        st.plotly_chart(
            confusion_map(confusion),
            key=f"confusion_{unit}",
            config=_QUIET,
            alt=f"Labels of {unit} by people and model",
        )
    with right:
        _table(confusion_frame(confusion), f"confusion_table_{unit}", f"Figures of {unit} per label")
        st.caption(escape(f"Rows of the map are what people said. Each of the {unit} counts by itself."))


def draw_reliability(found: Assessment, unit: str) -> None:
    """How sure against how right."""
    if not found.bins:
        st.caption("This model gives no probabilities.")
        return
    st.plotly_chart(reliability_curve(found.bins), key="reliability", config=_QUIET, alt="How sure against how right")
    error = f"{found.calibration_error:.3f}" if found.calibration_error is not None else "–"
    told = f"On the dashed line the model is right as often as it says. Mean distance (calibration error): {error}"
    st.caption(escape(f"{told}, over {unit}."))


def draw_mistakes(judged: Judged, found: Assessment) -> None:
    """Wrong labels of whole texts, and wrong spans by kind, each with a way to its text."""
    wrong = [case for case in judged.cases if None not in (labels := _labels(case)) and labels[0] != labels[1]]
    if wrong:
        st.markdown("**Texts under a wrong label**")
        _choose(wrong_label_frame(wrong), "wrong_labels", [case.key for case in wrong])
    if found.words is not None:
        _draw_spans(judged, found)
    elif not wrong:
        st.success("No mistakes here.", icon=":material/check:")


def _labels(case: Case) -> tuple[str | None, str | None]:
    return case.document.label, case.prediction.label


def _draw_spans(judged: Judged, found: Assessment) -> None:
    counts = {kind: sum(one.kind == kind for one in found.mistakes) for kind in MISTAKES}
    for column, (kind, value) in zip(st.columns(len(counts)), counts.items(), strict=True):
        column.metric(kind.capitalize(), f"{value:,}", border=True, help=MISTAKES[kind])
    kinds = [kind for kind, value in counts.items() if value]
    if not kinds:
        st.success("All spans are right.", icon=":material/check:")
        return
    kind = st.segmented_control("Show", kinds, default=kinds[0], key="mistake_kind", required=True)
    rows = [one for one in found.mistakes if one.kind == kind]
    _choose(mistake_frame(rows, judged.texts), f"mistakes_{kind}", [one.key for one in rows])


def _choose(frame: pd.DataFrame, key: str, documents: Sequence[str]) -> None:
    """A table of which each line leads to its document."""
    state = st.dataframe(
        frame,
        hide_index=True,
        placeholder="–",
        key=key,
        on_select="rerun",
        selection_mode="single-row",
        column_config={"Where": st.column_config.TextColumn("Where", width=420)},
        alt="Mistakes of the model",
    )
    place = selected_row(state)
    if place is None or place >= len(documents):
        st.caption("Select a line to open its text.")
        return
    link = {"doc": documents[place]}
    with st.container(horizontal=True):
        st.page_link("pages/label.py", label="Open in Label", icon=":material/ink_highlighter:", query_params=link)
        st.page_link("pages/explain.py", label="Ask why", icon=":material/troubleshoot:", query_params=link)


def draw_slices(found: Assessment) -> None:
    """The same exact figures by length, source, label, surface form and annotator."""
    if not found.slices:
        st.caption("There is nothing to tell apart: one length, one source, one label, one person.")
        return
    names = list(dict.fromkeys(one.by for one in found.slices))
    chosen = st.segmented_control("Split by", names, default=names[0], key="slice_by", required=True)
    _table(slice_frame([one for one in found.slices if one.by == chosen]), f"slices_{chosen}", f"Figures by {chosen}")
    if chosen == "surface form":
        st.caption("New: no training text has a marked piece of the same words. This is how well a model generalises.")


def _table(frame: pd.DataFrame, key: str, alt: str, *, extra: str = "") -> None:
    shown = (*_FORMATS, extra) if extra else _FORMATS
    columns = {name: st.column_config.NumberColumn(name, format="%.3f") for name in shown}
    st.dataframe(frame, hide_index=True, placeholder="–", column_config=columns, key=key, alt=alt)
