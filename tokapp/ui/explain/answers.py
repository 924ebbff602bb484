"""The reasons of a decision: stored ones, or a first answer at once that is refined while somebody looks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from tokapp.errors import BadInput, BadSpan, UnknownLabel
from tokapp.explanations import QUICK, default_budget
from tokapp.explanations.targets import check_target
from tokapp.ui import access, session
from tokapp.ui.explain.refining import Work, next_budget, refiner
from tokapp.ui.text import escape, number, percent

if TYPE_CHECKING:
    from tokapp.documents import Attribution, Target
    from tokapp.explanations.explainer import Explainer
    from tokapp.ui.explain.case import Case

_HELP = (
    "Orange speaks for the decision, blue against it, grey words cannot be told from zero. Underlined is what the "
    "decision is about; dotted lines are other decisions: click one."
)
_MOMENT = 3.0
"""Seconds that a page waits for a first answer before it shows how far it is."""
_MOST_EACH = 128
"""Evaluations per word beyond which nobody would see a difference."""


def reasons_for(case: Case, target: Target, others: Sequence[Target] = ()) -> Attribution | None:
    """The explanation of a decision; without one a first answer is made, with those of `others`, and stored.

    None while that takes longer than a moment: how far it is then stands on the page, which runs anew at its end.
    Raises BadSpan, UnknownLabel or BadInput for a decision that the model cannot have made.
    """
    store = session.store()
    found = store.attribution(case.pk, case.model, target)
    if found is not None:
        return found
    access.require("annotate")
    explainer = refiner().explainer(session.model(case.model), case.document)
    check_target(explainer.model, explainer.document, target)
    work = _ask(case, (target, *_answerable(explainer, others, target)), QUICK)
    if work is not None:
        with st.spinner("Finding out which words matter …"):
            work.ended.wait(_MOMENT)
    found = store.attribution(case.pk, case.model, target)
    if found is None:
        _draw_waiting(work)
    return found


def _draw_waiting(work: Work | None) -> None:
    if work is None or work.state == "failed":
        st.warning("These reasons could not be found now. Try again later.", icon=":material/error:")
    else:
        _draw_first(work)


@st.fragment(run_every="1s")
def _draw_first(work: Work) -> None:
    with session.guard():
        if not work.look():
            st.rerun()
        st.progress(min(work.share, 1.0), text="Finding out which words matter …")


def _answerable(explainer: Explainer, others: Sequence[Target], target: Target) -> list[Target]:
    """Those that the model can have decided: a person may have marked with a label that it does not know."""
    found = []
    for one in others:
        try:
            check_target(explainer.model, explainer.document, one)
        except (BadInput, BadSpan, UnknownLabel):
            continue
        found.append(one)
    return [one for one in dict.fromkeys(found) if one != target]


def draw_sureness(case: Case, attribution: Attribution, *, key: str, at_once: bool = True) -> None:
    """One line: how sure the values are, how far their refinement is, and the button that asks for more.

    `at_once`: a first answer is refined unasked.
    """
    asked = st.session_state.get(f"refine_{key}")
    wanted = asked == (attribution.target, attribution.evaluations)
    is_first = not attribution.exact and attribution.evaluations < default_budget(len(attribution.words))
    is_refined = wanted or (at_once and is_first)
    may = is_refined and access.may("annotate")
    work = _ask(case, (attribution.target,), next_budget(attribution)) if may else None
    if work is not None and work.look():
        _draw_live(attribution, work)
        return
    if work is not None and work.state == "done" and _is_newer(case, attribution):
        st.rerun()
    _draw_line(attribution, work)
    is_enough = attribution.exact or attribution.evaluations >= _MOST_EACH * len(attribution.words)
    if not is_enough and access.button(
        "Refine further", "annotate", key=f"refine_button_{key}", type="tertiary", icon=":material/zoom_in:"
    ):
        st.session_state[f"refine_{key}"] = (attribution.target, attribution.evaluations)
        st.rerun()


def _ask(case: Case, targets: tuple[Target, ...], budget: int) -> Work | None:
    model, document, known = session.model(case.model), case.document, refiner()

    def load() -> Explainer:
        return known.explainer(model, document)

    return known.ask(case.pk, case.model, targets, budget, load=load, store=session.store())


def _is_newer(case: Case, attribution: Attribution) -> bool:
    """Whether the store has a better answer than the one that is shown."""
    found = session.store().attribution(case.pk, case.model, attribution.target)
    return found is not None and found.evaluations > attribution.evaluations


@st.fragment(run_every="1s")
def _draw_live(attribution: Attribution, work: Work) -> None:
    with session.guard():
        if not work.look():
            st.rerun()
        _draw_line(attribution, work)


def _draw_line(attribution: Attribution, work: Work | None) -> None:
    error = max(attribution.errors, default=0.0)
    way = "every combination of words was tried" if attribution.exact else f"largest error of a word ± {error:.2f}"
    parts = [f"{number(attribution.evaluations)} evaluations of the model; {way}"]
    if work is not None and work.state == "running":
        parts.append(f"getting surer, {percent(work.share)}")
    elif work is not None and work.state == "waiting":
        parts.append("getting surer soon")
    elif work is not None and work.state == "failed":
        parts.append("could not be refined, the log says why")
    st.caption(f":material/calculate: {escape(' · '.join(parts))}", width="content", help=_HELP)
