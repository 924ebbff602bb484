"""The optional steps of a recipe as people choose them: a switch each, what it does in a sentence, a few numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from tokapp.documents import Json
from tokapp.ui import session
from tokapp.ui.text import count, plural

if TYPE_CHECKING:
    from tokapp.store.values import Project

Step = dict[str, Json]

_WARM_UP = (
    "The model first reads {texts} and guesses hidden words in them. A variant of T-FREX's extended pre-training: "
    "words are really hidden, and what it gained is measured on texts that it did not read."
)
_SHARE = (
    "It learns from fewer {nouns}, with everything that was marked still among them: the rarer that is, the more are "
    "kept. As T-FREX selects instances; other than there, {nouns} without any label are kept in the same share."
)
_WEIGH = (
    "It learns from the words whose error fell most, and leaves out those that it knows or cannot learn. "
    "A variant of ssToken, which was made for language models."
)
_RECHECK = "Labels that it does not believe after learning from them are listed on Models, under the new version."
_REASONS = "It is kept from deciding by words marked as no evidence, as in Right for the Right Reasons."
_APART = (
    "Before it learns to name labels, {things} of one label are drawn together and pushed away from others. A variant "
    "of the contrastive training in the phishing paper's code."
)
_MISTAKES = (
    "Behind the training, people's label is preferred to the model's own where that is still wrong, without moving the "
    "model far. DPO, for labels in place of texts."
)
_LISTED = 100
"""Labels worth re-checking that are listed at most."""


def draw_before(project: Project, unlabelled: int, mode: str) -> list[Step]:
    """The switches of steps that come before the fine-tuning; the steps that are on, in their order."""
    steps = (
        _draw_warm_up(project, unlabelled),
        _draw_share(project),
        _draw_weighing(project),
        _draw_reasons(project),
        _draw_contrast(project, mode),
    )
    return [step for step in steps if step is not None]


def draw_after(mode: str) -> list[Step]:
    """The switch of the step that comes behind the fine-tuning; the step if it is on."""
    is_on = st.toggle("Learn from its mistakes", key="prefer")
    st.caption(_MISTAKES)
    if not is_on:
        return []
    epochs = st.number_input("Times to read its mistakes", 1, 20, 1, key="prefer_epochs", width=220)
    learn: Step = {"mode": mode, "epochs": int(epochs), "learning_rate": 1e-4}
    return [{"step": "prefer", "learn": learn}]


def _draw_contrast(project: Project, mode: str) -> Step | None:
    is_on = st.toggle("Tell labels apart first", key="contrast")
    things = plural(project.task.noun) if project.task.document_labels else "spans"
    st.caption(_APART.format(things=things))
    if not is_on:
        return None
    epochs = st.number_input("Times to read them first", 1, 20, 2, key="contrast_epochs", width=220)
    learn: Step = {"mode": "lora" if mode == "head" else mode, "epochs": int(epochs), "learning_rate": 2e-4}
    return {"step": "contrast", "learn": learn}


def _draw_warm_up(project: Project, unlabelled: int) -> Step | None:
    noun = project.task.noun
    is_on = st.toggle("Warm up on unlabelled texts", key="warm_up", disabled=not unlabelled)
    texts = (
        f"the {count(unlabelled, noun)} that nobody labelled" if unlabelled else f"{plural(noun)} that nobody labelled"
    )
    st.caption(_WARM_UP.format(texts=texts) + ("" if unlabelled else " There are none in the learning part."))
    if not (is_on and unlabelled):
        return None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        epochs = st.number_input("Times to read them", 1, 20, 1, key="warm_up_epochs", width=160)
        hidden = st.number_input("Hidden words, in %", 1, 50, 15, key="warm_up_hidden", width=160)
    return {"step": "continue_pretraining", "epochs": int(epochs), "masked": hidden / 100}


def _draw_share(project: Project) -> Step | None:
    is_on = st.toggle("Train on a representative share", key="share_on")
    st.caption(_SHARE.format(nouns=plural(project.task.noun)))
    if not is_on:
        return None
    with st.container(horizontal=True, vertical_alignment="top"):
        share = st.number_input("Share, in %", 5, 100, 50, step=5, key="share", width=160)
        order = st.segmented_control(
            "First", ["least typical", "most typical"], default="least typical", required=True, key="share_order"
        )
    return {"step": "select_instances", "share": share / 100, "order": order or "least typical"}


def _draw_weighing(project: Project) -> Step | None:
    if not project.task.span_labels:
        return None
    is_on = st.toggle("Weigh words", key="weigh")
    st.caption(_WEIGH)
    ratio = 100
    if is_on:
        ratio = int(st.number_input("Words to learn from, in %", 5, 100, 60, step=5, key="weigh_ratio", width=220))
    lists = st.toggle("List labels worth re-checking", key="recheck")
    st.caption(_RECHECK)
    if ratio == 100 and not lists:
        return None
    return {"step": "weigh_tokens", "ratio": ratio / 100, "recheck": _LISTED if lists else 0}


def _draw_reasons(project: Project) -> Step | None:
    marked = session.store().count_marked(project.id)
    says = f"{count(marked, project.task.noun)} to learn from {'has' if marked == 1 else 'have'} marked reasons."
    is_on = st.toggle(
        "Learn from marked reasons",
        disabled=not marked,
        key=f"reasons_{project.id}",
        help=f"{says} Marks are set on Explain.",
    )
    st.caption(_REASONS)
    if not (is_on and marked):
        return None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        weight = st.number_input("Weight", 0.0, 1e4, 1.0, key="reasons_weight", width=160)
        others = st.toggle("Unmarked words are no evidence", key="reasons_only", help="Where evidence was marked.")
    return {"step": "right_reasons", "weight": float(weight), "only_evidence": others}
