"""One document: a decision about it, and the words that made the model decide so."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import streamlit as st

from tokapp.ui import layout, reasons, session
from tokapp.ui.attribution_view import Mark, Word, attribution_view, picked, strongest_of, tones_of, words_of
from tokapp.ui.document_search import draw_search
from tokapp.ui.explain.by_hand import draw_by_hand
from tokapp.ui.explain.case import Case, draw_heading, open_case
from tokapp.ui.explain.files import draw_downloads
from tokapp.ui.explain.panels import draw_panels
from tokapp.ui.text import escape, number, percent, plain, plural

if TYPE_CHECKING:
    from tokapp.documents import Attribution, Target
    from tokapp.store.values import Project


_WAYS = ("Reasons", "Try changes")


def draw_one(project: Project, model: str) -> None:
    """Draw the document of the address with its reasons."""
    noun = project.task.noun
    document_id = reasons.chosen_document(project, st.query_params.get("doc"))
    if document_id is None:
        layout.empty_state(f"No {plural(noun)} yet", "Upload some on the Documents page.")
        return
    draw_search(project, model)
    case = open_case(project, document_id, model)
    draw_heading(case)
    targets = reasons.decisions(project, case.labelling, case.prediction)
    wanted = reasons.read_target(st.query_params.get("span"), case.document)
    if wanted is not None and wanted not in targets:
        targets.insert(0, wanted)
    if not targets:
        st.text(case.document.text)
        layout.empty_state(
            "The model marked nothing here", "Choose another one, or mark a span on the Label page and explain it."
        )
        return
    target = _choose(case, targets, wanted)
    attribution = reasons.explain(session.store(), case.labelling, model, target, targets)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _draw_text(case, attribution, targets)
    with right:
        draw_panels(case, attribution)
        draw_downloads(attribution, case.pk)


def _choose(case: Case, targets: list[Target], wanted: Target | None) -> Target:
    """The decision that is explained: that of the address, until another one is chosen here or picked in the text."""
    target = st.selectbox(
        "Decision",
        targets,
        index=targets.index(wanted) if wanted in targets else 0,
        format_func=lambda one: reasons.name_target(one, case.document, case.prediction),
        key=_decision_key(case.pk),
    )
    layout.remember(span=reasons.write_target(target))
    return target


def _decision_key(pk: int) -> str:
    return f"decision_{pk}"


def _draw_text(case: Case, attribution: Attribution, targets: list[Target]) -> None:
    way = st.segmented_control(
        "What to do with the text",
        _WAYS,
        default=_WAYS[0],
        required=True,
        key="way",
        label_visibility="collapsed",
        persist_state="session",
    )
    if way == _WAYS[1]:
        draw_by_hand(case, attribution.target)
        return
    _draw_sentence(case, attribution)
    with st.container(border=True):
        _draw_view(case, attribution, words_of(attribution), targets)
    _draw_sureness(attribution)


def _draw_sentence(case: Case, attribution: Attribution) -> None:
    start, end = probability(attribution.base_value), probability(attribution.output_value)
    st.markdown(
        f"With every word hidden the model says **{percent(start)}**, with all of them **{percent(end)}** "
        f":gray[\\({attribution.base_value:+.2f} → {attribution.output_value:+.2f} log\\-odds\\)]"
    )
    reasons.draw_score(attribution.target, case.prediction, end)


def probability(log_odds: float) -> float:
    """The probability behind log-odds."""
    return 1 / (1 + math.exp(-log_odds))


def _draw_view(case: Case, attribution: Attribution, words: list[Word], targets: list[Target]) -> None:
    key, document = f"view_{case.pk}", case.document
    options = {reasons.write_target(one): one for one in targets}

    def pick() -> None:
        chosen = options.get(picked(key) or "")
        if chosen is not None:
            st.session_state[_decision_key(case.pk)] = chosen

    strongest = strongest_of(words)
    attribution_view(
        document.text,
        tones_of(words, threshold=st.session_state.get("threshold", 5) / 100, strongest=strongest),
        _marks(attribution.target, options),
        key=key,
        summary=_summary(words, attribution.target.label),
        scale=(f"against −{strongest:.1f}", f"+{strongest:.1f} for"),
        on_pick=pick,
    )


def _marks(chosen: Target, options: dict[str, Target]) -> list[Mark]:
    """The spans that can be picked, long ones first, so that the innermost is the last that a word lies in."""
    spans = [(written, one) for written, one in options.items() if one.start < one.end]
    spans.sort(key=lambda pair: (pair[1].start - pair[1].end, pair[1].start))
    return [
        Mark(written, one.start, one.end, plain(one.label), "chosen" if one == chosen else "other")
        for written, one in spans
    ]


def _summary(words: list[Word], label: str) -> str:
    strongest = sorted((word for word in words if word.is_clear), key=lambda word: -abs(word.value))[:5]
    named = ", ".join(f"{word.text} {word.value:+.2f}" for word in strongest) or "no word stands out"
    return f"Words coloured by how much they speak for {label}: {named}."


def _draw_sureness(attribution: Attribution) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        error = max(attribution.errors, default=0.0)
        way = "every combination of words was tried" if attribution.exact else f"largest error of a word ± {error:.2f}"
        st.caption(
            f":material/calculate: {number(attribution.evaluations)} evaluations of the model; {escape(way)}",
            width="content",
            help="Orange speaks for the decision, blue against it, grey words cannot be told from zero. "
            "Underlined is what the decision is about; dotted lines are other decisions: click one.",
        )
        with st.popover("Faint words", type="tertiary", icon=":material/tune:"):
            st.slider("Hide words weaker than (% of the strongest)", 0, 100, 5, key="threshold", bind="query-params")
