"""Question and passages beside the answer: which words of them speak for a decision, and what each passage says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from tokapp.explanations.sources import Stance, stances
from tokapp.ui import access, session
from tokapp.ui.attribution_view import attribution_view, strongest_of, tones_of, words_of
from tokapp.ui.explain.answers import draw_sureness, reasons_for
from tokapp.ui.explain.reading import scale_of, summary
from tokapp.ui.text import plain

if TYPE_CHECKING:
    from tokapp.documents import Attribution
    from tokapp.ui.explain.case import Case

_ASKED = "asked_sources"
_SAYS = {
    "supports": ("supports it", "green", "check_circle"),
    "contradicts": ("speaks against it", "red", "cancel"),
    "none": ("says nothing about it", "gray", "remove_circle_outline"),
}


def has_sources(case: Case) -> bool:
    """Whether the text answers a question or rests on passages."""
    return case.project.task.part == "answer" and bool(case.document.question or any(case.document.contexts))


def draw_sources(case: Case, attribution: Attribution) -> None:
    """Draw question and passages with their reasons; they are asked for by hand, since long passages take a while."""
    target = replace(attribution.target, over="sources")
    found = session.store().attribution(case.pk, case.model, target)
    if found is None and _is_asked(case):
        found = reasons_for(case, target)
    if found is not None:
        _draw_parts(case, found)
        draw_sureness(case, found, key="sources", at_once=False)


def _is_asked(case: Case) -> bool:
    """Whether somebody wants to know it here; the button goes once it was pressed."""
    asked, place = (case.pk, case.model), st.empty()
    if st.session_state.get(_ASKED) == asked:
        return True
    with place.container():
        st.caption("Which words of question and passages does the model go by? This may take a moment.")
        if not access.button("Ask the passages", "annotate", key="ask_sources", icon=":material/menu_book:"):
            return False
    place.empty()
    st.session_state[_ASKED] = asked
    return True


def _draw_parts(case: Case, found: Attribution) -> None:
    words = words_of(found)
    strongest = strongest_of(words)
    said = {one.part: one for one in stances(found, case.project.task)}
    texts = {0: case.document.question or "", **dict(enumerate(case.document.contexts, start=1))}
    with st.container(height=620, border=False, gap="small"):
        for part, text in texts.items():
            if not text.strip():
                continue
            _draw_stance(part, said.get(part))
            mine = [word for word in words if word.part == part]
            with st.container(border=True):
                attribution_view(
                    text.strip("\r\n") if not mine else text,
                    tones_of(mine, strongest=strongest),
                    key=f"source_{case.pk}_{part}",
                    summary=summary(mine, plain(found.target.label)),
                    scale=scale_of(strongest) if part == max(texts) else None,
                )


def _draw_stance(part: int, stance: Stance | None) -> None:
    """One line: what a passage says about the answer, and how much."""
    name = f"Passage {part}" if part else "The question"
    if stance is None:
        st.caption(f"{name} is not read: it has no word, or does not fit.")
        return
    says, color, icon = _SAYS[stance.verdict]
    st.markdown(
        f":{color}[:material/{icon}:] **{name}** {says} "
        f":gray[\\({stance.value:+.1f} ± {stance.error:.1f} log\\-odds\\)]"
    )
