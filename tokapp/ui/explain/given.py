"""Whether a reason given in words rests on the same words as the decision: a fold that is worked out when it opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from tokapp.documents import Target
from tokapp.errors import ReasonUnavailable
from tokapp.explanations.judging.extractive import NAME, Match, match_reasons
from tokapp.explanations.wording import Wording, ask_chat, known_language, note_of, template_reason
from tokapp.ui import access, session
from tokapp.ui.explain.refining import refiner
from tokapp.ui.text import escape, plain

if TYPE_CHECKING:
    from tokapp.documents import Attribution
    from tokapp.ui.explain.case import Case

_HELP = (
    f"{NAME}: +1 the reason rests on the same words as the decision, 0 on unrelated ones, -1 on words that speak the "
    "other way. The words that a reason names are those of the text that stand in it."
)
_STRONG, _WEAK = 0.7, 0.3


def draw_given(case: Case, attribution: Attribution) -> None:
    """Draw the fold; a language model is asked by its button only."""
    fold = st.expander("Does the given reason match?", icon=":material/rule:", key="reason_given", on_change="rerun")
    if not fold.open:
        return
    with fold:
        access.require("annotate")
        target, kept = attribution.target, f"asked_{case.pk}"
        language = known_language(st.context.locale)
        note = note_of(case.document, target, session.store().threads(case.pk))
        template = template_reason(case.document, target, attribution=attribution, language=language)
        _draw_button(case, target, kept, language)
        asked = st.session_state.get(kept, {}).get(target)
        given = [one for one in (note, asked, template) if one is not None]
        for one, match in zip(given, _matches(case, target, given), strict=True):
            _draw_reason(one, match)
        if note is None:
            st.caption("Nobody has noted a reason. Comment on the span, or on the whole text, on Label.")


def _draw_button(case: Case, target: Target, kept: str, language: str) -> None:
    """What was said is kept for this tab: nothing is sent again unless somebody presses."""
    model = session.settings().llm_model
    if not session.settings().llm_url:
        return
    if access.button(
        f"Ask {escape(model)} for a reason",
        "annotate",
        key="ask_reason",
        icon=":material/smart_toy:",
        help="Sends this text to the language model that is set up, once.",
    ):
        try:
            with st.spinner("Asking …"):
                said = ask_chat(session.settings(), case.document, target, language=language)
        except ReasonUnavailable as error:
            st.warning(escape(str(error)), icon=":material/cloud_off:")
            return
        st.session_state[kept] = {**st.session_state.get(kept, {}), target: said}


def _matches(case: Case, target: Target, given: list[Wording]) -> list[Match]:
    with st.spinner("Comparing …"):
        return _compare(case, (case.model, case.document.hash, session.place()), target, tuple(given))


@st.cache_data(max_entries=64, show_spinner=False)
def _compare(_case: Case, about: tuple[str, str, str], target: Target, given: tuple[Wording, ...]) -> list[Match]:
    """The matches, kept for the same model, text, decision and reasons."""
    explainer = refiner().explainer(session.model(_case.model), _case.document)
    return match_reasons(explainer, target, given)


def _draw_reason(reason: Wording, match: Match) -> None:
    with st.container(border=True, gap="xsmall"):
        st.text(plain(reason.text))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            shown = "not defined" if match.score is None else f"{match.score:+.2f}"
            st.markdown(f"**Same evidence: {escape(shown)}**", width="content", help=_HELP)
            st.caption(escape(f"{meaning(match)} {_origin(reason)}"), width="content")


def meaning(match: Match) -> str:
    """What a score says, in one sentence."""
    if match.score is None:
        return f"{match.why[:1].upper()}{match.why[1:]}."
    if match.score >= _STRONG:
        return "It rests on the same words as the decision."
    if match.score >= _WEAK:
        return "It rests partly on the same words as the decision."
    if match.score > -_WEAK:
        return "It rests on other words than the decision."
    return "It rests on words that speak against the decision."


def _origin(reason: Wording) -> str:
    if reason.source == "template":
        return "Built from the strongest words."
    return f"By {plain(reason.by)}." if reason.by else ""
