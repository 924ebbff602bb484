"""Every span that flips between the model in use and a candidate on the golden set, with the reasons of both."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import streamlit as st

from tokapp.documents import Json, Target
from tokapp.ui import access, reasons, session
from tokapp.ui.attribution_view import attribution_view, strongest_of, tones_of, words_of
from tokapp.ui.explain.reading import marks_of, probability, scale_of, summary
from tokapp.ui.progress import open_job, show_job
from tokapp.ui.tables import selected_row
from tokapp.ui.text import count, escape, percent, plain, shorten
from tokapp.ui.versions import Difference, difference_frame, differences

if TYPE_CHECKING:
    import pandas as pd

    from tokapp.documents import Attribution, Document
    from tokapp.store.promotion_values import Judgement
    from tokapp.store.values import Project

Known: TypeAlias = Mapping[tuple[int, str, Target], "Attribution"]
"""Stored reasons by document, model and decision."""
_TOP = 3


def draw_flips(project: Project, found: Judgement) -> None:
    """List the flips; the button that asks for their reasons, and the reasons of the one that is selected."""
    store = session.store()
    documents = store.golden_documents(found.golden)
    old, new = (store.predictions_among(list(documents), name) for name in (found.before, found.after))
    rows = differences(documents, old, new)
    if not rows:
        st.caption("Both mark exactly the same there.")
        return
    known = _known(rows, (found.before, found.after))
    _draw_asking(project, found, rows, known)
    state = st.dataframe(
        flip_frame(rows, known, found),
        hide_index=True,
        placeholder="–",
        column_config=flip_columns(),
        on_select="rerun",
        selection_mode="single-row",
        key=f"flips_{found.after}",
        alt="Spans that flip, with the strongest words before and after",
    )
    place = selected_row(state)
    if place is not None and place < len(rows):
        _draw_one(project, found, rows[place], documents[rows[place].document_id], known)


def target_of(row: Difference) -> Target:
    """The decision that flips, one for both models: the newer one's where it has any."""
    span = row.new or row.old
    return Target("document", row.label) if span is None else Target.of_span(span)


def _known(rows: Iterable[Difference], models: Sequence[str]) -> Known:
    store = session.store()
    ids = sorted({row.document_id for row in rows})
    found = ((pk, name, one) for pk in ids for name in models for one in store.attributions(pk, name))
    return {(pk, name, one.target): one for pk, name, one in found}


def _draw_asking(project: Project, found: Judgement, rows: Sequence[Difference], known: Known) -> None:
    """How many flips there are, and the button for the reasons that are not stored yet."""
    running = open_job(project.id, "explain")
    if running is not None:
        show_job(running)
    missing = {name: wanted_of(rows, known, name) for name in (found.before, found.after)}
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        says = f"{count(len(rows), 'decision')} would flip. Select one to see why, before and after."
        st.markdown(says, width="content")
        is_done = running is not None or not any(missing.values())
        if access.button("Explain the flips", "train", key="explain_flips", icon=":material/help:", disabled=is_done):
            for name, decisions in missing.items():
                if decisions:
                    payload: dict[str, Json] = {"model": name, "decisions": decisions}
                    session.store().enqueue("explain", project_id=project.id, payload=payload)
            st.rerun()


def wanted_of(rows: Iterable[Difference], known: Known, model: str) -> dict[str, Json]:
    """The flips of which a model's reasons are not stored, by document, as an explain job takes them."""
    wanted: dict[str, list[Json]] = defaultdict(list)
    for row in rows:
        one = target_of(row)
        form: Json = {"kind": one.kind, "label": one.label, "start": one.start, "end": one.end}
        if (row.document_id, model, one) not in known and form not in wanted[str(row.document_id)]:
            wanted[str(row.document_id)].append(form)
    return {pk: forms for pk, forms in wanted.items() if forms}


def flip_frame(rows: Sequence[Difference], known: Known, found: Judgement) -> pd.DataFrame:
    """The flips as a table, with the strongest words of both models where they are stored."""
    frame = difference_frame(rows)
    for place, (title, name) in enumerate((("Words before", found.before), ("Words after", found.after))):
        words = [_strongest(known.get((row.document_id, name, target_of(row)))) for row in rows]
        frame.insert(4 + place, title, words)
    return frame.loc[:, (frame != "").any()]


def flip_columns() -> dict[str, st.column_config.TextColumn]:  # type: ignore[valid-type]  # a function, not a type
    """How wide the columns of the flips are: all but the text fit on a screen of 1280 pixels."""
    widths = {"What": 70, "By people's labels": 118, "Before": 150, "After": 150}
    widths |= {"Words before": 180, "Words after": 180, "Where": 380}
    return {title: st.column_config.TextColumn(title, width=width) for title, width in widths.items()}


def _strongest(attribution: Attribution | None) -> str:
    if attribution is None:
        return ""
    words = sorted(words_of(attribution), key=lambda word: -abs(word.value))[:_TOP]
    return ", ".join(f"{shorten(word.text, 20)} {word.value:+.1f}" for word in words)


def _draw_one(project: Project, found: Judgement, row: Difference, document: Document, known: Known) -> None:
    target, sides = target_of(row), (("In use", found.before), ("This one", found.after))
    shown = {name: known.get((row.document_id, name, target)) for _, name in sides}
    strongest = strongest_of(word for one in shown.values() if one is not None for word in words_of(one))
    for column, (title, name) in zip(st.columns(2), sides, strict=True):
        with column, st.container(border=True):
            _draw_side(f"{title}: {plain(name)}", document, target, shown[name], strongest, key=f"flip_{name}")
    link = {"project": str(project.id), "doc": str(row.document_id)}
    with st.container(horizontal=True):
        st.page_link("pages/label.py", label="Open it in Label", icon=":material/ink_highlighter:", query_params=link)
        link |= {"span": reasons.write_target(target)}
        st.page_link("pages/explain.py", label="Open it in Explain", icon=":material/troubleshoot:", query_params=link)


def _draw_side(
    title: str, document: Document, target: Target, attribution: Attribution | None, strongest: float, *, key: str
) -> None:
    """The text with one model's reasons for the decision."""
    if attribution is None:
        st.markdown(f"**{escape(title)}**")
        st.caption("Its reasons are not known yet: press “Explain the flips”.")
        return
    words = words_of(attribution)
    sure = percent(probability(attribution.output_value))
    st.markdown(f"**{escape(title)}** says {escape(plain(target.label))} with {sure}")
    attribution_view(
        document.text,
        tones_of(words, strongest=strongest),
        marks_of(target, [target]),
        key=f"{key}_{target.start}_{target.end}_{target.label}",
        summary=summary(words, plain(target.label)),
        scale=scale_of(strongest),
    )
