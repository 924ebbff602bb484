"""Evaluate: how good a model version is on documents that it never learnt from, where it fails, and against another."""

from typing import cast

import streamlit as st

import tokapp.ui.ready  # noqa: F401
from tokapp.evaluation.splits import Split
from tokapp.store import Project
from tokapp.ui import evaluation_parts as parts
from tokapp.ui import layout, session
from tokapp.ui.evaluation import Asked, Judged, judge
from tokapp.ui.progress import open_job, show_job
from tokapp.ui.text import count, escape, plain, plural

WHY_DRAWN = (
    "The queue draws held-out documents at random and marks them. Figures on these hold for all documents; figures on "
    "documents that somebody picked hold for documents like those."
)


def ask(project: Project, names: list[str]) -> tuple[Asked, Asked | None]:
    """Which version, on which part, against which other one."""
    left, middle, right = st.columns([3, 3, 2], vertical_alignment="bottom")
    model = left.selectbox("Model", names, key="model", bind="query-params", format_func=plain)
    others = [None, *(name for name in names if name != model)]
    against = middle.selectbox("Compare with", others, key="against", format_func=lambda one: plain(one or "no other"))
    part = right.segmented_control("Part", ["test", "validation"], default="test", key="part", required=True)
    only_drawn = st.toggle("Only documents that the queue drew at random", key="only_drawn", help=WHY_DRAWN)
    asked = Asked(model, cast(Split, part or "test"), only_drawn)
    return asked, None if against is None else Asked(against, asked.part, only_drawn)


def draw_nothing(project: Project, asked: Asked) -> None:
    """What to do where no document can be judged."""
    noun = plural(project.task.noun)
    if asked.only_drawn:
        advice = "Label some in the queue: in random order, or in one that a model chooses, with a random share."
        layout.empty_state(f"No {noun} of this part were drawn at random yet", advice, icon="casino")
    else:
        layout.empty_state(f"No labelled {noun} in the {asked.part} part", "Label some on Label.", icon="rule")


def draw_all(project: Project, judged: Judged) -> None:
    """Every table and figure."""
    found = judged.found
    assert found is not None  # there are documents, and all are read
    figures, words, sure, wrong, slices = st.tabs(["By label", "Confusion", "How sure", "Mistakes", "Where"])
    with figures:
        parts.draw_figures(found)
    with words:
        for confusion, unit in ((found.words, "words"), (found.label_confusion, plural(project.task.noun))):
            if confusion is not None:
                parts.draw_confusion(confusion, unit)
    with sure:
        parts.draw_reliability(found, "words" if found.words is not None else plural(project.task.noun))
    with wrong:
        parts.draw_mistakes(judged, found)
    with slices:
        parts.draw_slices(found)


with session.guard():
    project = layout.need_project()
    store = session.store()
    layout.heading("Evaluate", f"How good a model is on {plural(project.task.noun)} that it never learnt from.")
    rows = store.models(project.task.name)
    if not rows:
        layout.empty_state("No model yet", "Train one from the labels of this project.", icon="deployed_code")
        st.stop()
    asked, other = ask(project, [row.name for row in rows])
    running = open_job(project.id, "predict")
    if running is not None:
        show_job(running)
    judged = judge(project, asked)
    if judged.unread:
        parts.draw_waiting(project, asked, judged.unread)
    elif judged.found is None:
        draw_nothing(project, asked)
    else:
        groups = count(judged.found.groups, "group")
        st.caption(escape(f"On {count(judged.found.documents, project.task.noun)} in {groups}, by today's labels."))
        parts.draw_scored(next(row for row in rows if row.name == asked.model))
        if other is not None:
            parts.draw_comparison(project, asked, judged, other)
        draw_all(project, judged)
