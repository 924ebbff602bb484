"""The text with its reasons: how sure the model is, every word in its colour, spans to pick, or words to change."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from tokapp.documents import TEXT
from tokapp.ui import reasons
from tokapp.ui.attribution_view import Mark, Word, attribution_view, picked, strongest_of, tones_of, words_of
from tokapp.ui.explain.answers import draw_sureness
from tokapp.ui.explain.by_hand import draw_by_hand
from tokapp.ui.explain.choosing import decision_key
from tokapp.ui.explain.marking import draw_marking
from tokapp.ui.text import percent, plain

if TYPE_CHECKING:
    from tokapp.documents import Attribution, Target
    from tokapp.ui.explain.case import Case

_WAYS = ("Reasons", "Try changes", "Mark reasons")


def draw_text(case: Case, attribution: Attribution, found: Sequence[Target]) -> None:
    """Draw the text in the way that is chosen."""
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
    if way == _WAYS[2]:
        draw_marking(case, attribution)
        return
    _draw_sentence(case, attribution)
    with st.container(border=True):
        _draw_view(case, attribution, found)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        draw_sureness(case, attribution, key="text")
        with st.popover("Faint words", type="tertiary", icon=":material/tune:"):
            st.slider("Hide words weaker than (% of the strongest)", 0, 100, 5, key="threshold", bind="query-params")


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


def _draw_view(case: Case, attribution: Attribution, found: Sequence[Target]) -> None:
    key = f"view_{case.pk}"
    options = {reasons.write_target(one): one for one in found}

    def pick() -> None:
        chosen = options.get(picked(key) or "")
        if chosen is not None:
            st.session_state[decision_key(case.pk)] = chosen

    words = [word for word in words_of(attribution) if not attribution.parts or word.part == TEXT]
    strongest = strongest_of(words)
    attribution_view(
        case.document.text,
        tones_of(words, threshold=st.session_state.get("threshold", 5) / 100, strongest=strongest),
        marks_of(attribution.target, found),
        key=key,
        summary=summary(words, attribution.target.label),
        scale=scale_of(strongest),
        on_pick=pick,
    )


def scale_of(strongest: float) -> tuple[str, str]:
    """The two ends of the colours, in log-odds."""
    return f"against −{strongest:.1f}", f"+{strongest:.1f} for"


def marks_of(chosen: Target, found: Sequence[Target]) -> list[Mark]:
    """The spans that can be picked, long ones first, so that the innermost is the last that a word lies in."""
    spans = sorted((one for one in found if one.has_place), key=lambda one: (one.start - one.end, one.start))
    about = (chosen.start, chosen.end, chosen.label)
    return [
        Mark(
            reasons.write_target(one),
            one.start,
            one.end,
            plain(one.label),
            "chosen" if (one.start, one.end, one.label) == about else "other",
        )
        for one in spans
    ]


def summary(words: Sequence[Word], label: str) -> str:
    """The strongest words, for those who do not see colours."""
    strongest = sorted((word for word in words if word.is_clear), key=lambda word: -abs(word.value))[:5]
    named = ", ".join(f"{word.text} {word.value:+.2f}" for word in strongest) or "no word stands out"
    return f"Words coloured by how much they speak for {label}: {named}."
