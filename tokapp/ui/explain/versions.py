"""The same decision by another model version: its text in the same colours, and how far both go by the same words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from tokapp.errors import BadInput, BadSpan, UnknownLabel
from tokapp.explanations.comparison import compare_reasons
from tokapp.ui import access, session
from tokapp.ui.attribution_view import attribution_view, strongest_of, tones_of, words_of
from tokapp.ui.explain.answers import draw_sureness, reasons_for
from tokapp.ui.explain.case import Case
from tokapp.ui.explain.figures import paired_bars
from tokapp.ui.explain.reading import marks_of, probability, scale_of, summary
from tokapp.ui.text import escape, percent, plain

if TYPE_CHECKING:
    from tokapp.documents import Attribution


_ASKED = "asked_version"


def draw_versions(case: Case, attribution: Attribution) -> None:
    """Choose another version, the parent at first, and draw its reasons beside those of this one."""
    names = other_versions(case)
    if not names:
        st.caption("There is no other version of this model yet. Train one, then compare.")
        return
    name = st.selectbox("Compare with", names, format_func=plain, key=f"version_{case.model}")
    other = _other(case, name, attribution)
    if other is None:
        return
    try:
        found = reasons_for(other, attribution.target)
    except (BadInput, BadSpan, UnknownLabel) as error:
        st.warning(escape(str(error)), icon=":material/block:")
        return
    if found is not None:
        _draw_pair(case, attribution, other, found)


def other_versions(case: Case) -> list[str]:
    """The other versions of the task, the parent of this one first, then the newest."""
    rows = session.store().models(case.project.task.name)
    parent = next((row.parent for row in rows if row.name == case.model), None)
    others = [row for row in rows if row.name != case.model]
    others.sort(key=lambda row: (row.name == parent, row.created), reverse=True)
    return [row.name for row in others]


def _other(case: Case, name: str, attribution: Attribution) -> Case | None:
    """The document as another version sees it; what is not stored yet is asked for by hand."""
    store = session.store()
    if store.attribution(case.pk, name, attribution.target) is None:
        asked = (case.pk, name)
        if access.button("Explain with it, too", "annotate", key="ask_version", icon=":material/compare_arrows:"):
            st.session_state[_ASKED] = asked
        if st.session_state.get(_ASKED) != asked:
            return None
    prediction = store.prediction(case.pk, name)
    if prediction is None:
        access.require("annotate")
        prediction = session.model(name).predict([case.document])[0]
        store.add_predictions(case.project.id, name, [(case.pk, prediction)])
    return Case(case.project, case.labelling, name, prediction)


def _draw_pair(case: Case, here: Attribution, other: Case, there: Attribution) -> None:
    compared, words = compare_reasons(here, there), words_of(there)
    strongest = strongest_of([*words_of(here), *words])
    rank = "–" if compared.correlation is None else f"{compared.correlation:+.2f}"
    st.markdown(
        f"It says **{percent(probability(there.output_value))}**, this one "
        f"**{percent(probability(here.output_value))}**. Rank correlation of the words **{rank}**; "
        f"**{compared.shared} of the {compared.top}** strongest are the same."
    )
    with st.container(border=True):
        attribution_view(
            case.document.text,
            tones_of(words, strongest=strongest),
            marks_of(there.target, [there.target]),
            key=f"version_view_{case.pk}_{other.model}",
            summary=summary(words, plain(there.target.label)),
            scale=scale_of(strongest),
        )
    draw_sureness(other, there, key="version")
    figure = paired_bars({case.model: words_of(here), other.model: words})
    st.plotly_chart(
        figure, key="pair", config={"displaylogo": False}, alt="The strongest words of both versions, bar beside bar"
    )
