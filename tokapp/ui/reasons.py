"""What the Explain page asks: which decisions there are to explain, and their explanations, made once and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from tokapp.documents import Attribution, Span, Target
from tokapp.errors import BadInput, NotFound
from tokapp.ui import access, layout, session
from tokapp.ui.text import escape, percent, plain, shorten

if TYPE_CHECKING:
    from tokapp.documents import Document, Prediction
    from tokapp.store import Labelling, Store
    from tokapp.store.values import Project


def chosen_document(project: Project, wanted: str | None) -> int | None:
    """The document of the address, else the first that has an explanation, else the first."""
    store = session.store()
    if wanted:
        if _is_in(project, wanted):
            return int(wanted)
        st.warning("That document is not here. This is another one.", icon=":material/link_off:")
    model = store.promoted(project.task.name)
    explained = None if model is None else store.first_explained(project.id, model.name)
    first = store.documents(project.id, limit=1)
    return explained or (first[0].id if first else None)


def _is_in(project: Project, wanted: str) -> bool:
    """Whether the address names a document of the project; a number too long for a key names none."""
    if not (wanted.isascii() and wanted.isdecimal() and len(wanted) < 18):
        return False
    try:
        return session.store().open_for_labelling(int(wanted)).project_id == project.id
    except NotFound:
        return False


def decisions(project: Project, labelling: Labelling, prediction: Prediction | None) -> list[Target]:
    """What can be explained: predicted spans, people's spans, then every label of the whole document."""
    spans = [*(prediction.spans if prediction else ()), *labelling.document.spans]
    labels = [Target("document", name) for name in project.task.document_names if _has_scores(prediction)]
    labels.sort(key=lambda one: one.label != labelling.suggested_label)
    return list(dict.fromkeys([*map(Target.of_span, spans), *labels]))


def _has_scores(prediction: Prediction | None) -> bool:
    return prediction is not None and bool(prediction.document_scores)


def read_target(written: str | None, document: Document) -> Target | None:
    """The decision in the address, `start:end:label` or `label`; raises BadInput if it does not fit the document."""
    if not written:
        return None
    parts = written.split(":", 2)
    if len(parts) < 3:
        return Target("document", written)
    if not (parts[0].isdecimal() and parts[1].isdecimal()):
        raise BadInput(f"{written!r} in the address is not start:end:label")
    start, end = int(parts[0]), int(parts[1])
    if not 0 <= start < end <= len(document.text):
        raise BadInput(f"the span {start} to {end} in the address lies outside of the text")
    return Target.of_span(Span(start, end, parts[2]))


def write_target(target: Target) -> str:
    """The decision as it stands in the address."""
    return target.label if target.kind == "document" else f"{target.start}:{target.end}:{target.label}"


def name_target(target: Target, document: Document, prediction: Prediction | None) -> str:
    """The decision in words: the marked piece with its label and the model's confidence."""
    if target.kind == "document":
        score = prediction.document_scores.get(target.label) if prediction else None
        return f"The whole text is {plain(target.label)}" + (f" · {percent(score)}" if score is not None else "")
    piece = shorten(document.text[target.start : target.end], 60)
    known = [span for span in (prediction.spans if prediction else ()) if Target.of_span(span) == target]
    return f"“{piece}” is {plain(target.label)}" + (
        f" · {percent(known[0].score or 0)}" if known else " · marked by a person"
    )


def draw_score(target: Target, prediction: Prediction, explained: float) -> None:
    """Say how far models that voted agree on a span, and how its score and what its words explain are one decision."""
    span = next((one for one in prediction.spans if Target.of_span(one) == target), None)
    score = None if span is None else span.score
    if span is not None and span.agreement is not None:
        st.caption(f"Several models voted. Alone, each of them marks {percent(span.agreement)} of this so on average.")
    if score is not None and percent(score) != percent(explained):
        st.caption(
            f"The score of {percent(score)} is the mean of its words' probabilities; reasons add up in log-odds, "
            f"whose mean stands for {percent(explained)}."
        )


def explain(store: Store, labelling: Labelling, model_name: str, target: Target, targets: list[Target]) -> Attribution:
    """The explanation of a decision: the stored one, or a new one, made for all decisions at once and stored."""
    found = store.attribution(labelling.id, model_name, target)
    if found is not None:
        return found
    access.require("annotate")
    with st.spinner("Finding out which words matter …"):
        wanted = list(dict.fromkeys([target, *targets]))
        made = session.model(model_name).explain(labelling.document, wanted)
    store.add_attributions(labelling.id, made)
    return made[0]


def draw_steps(labelling: Labelling, model_name: str, noun: str) -> None:
    """Buttons to the document before and after: among those that are explained, or among all."""
    store = session.store()
    only = st.session_state.get("explained_only", True)
    before, after = store.explained_neighbours(labelling.id, model_name) if only else store.neighbours(labelling.id)
    for title, where, icon in (("Previous", before, "arrow_back"), ("Next", after, "arrow_forward")):
        if st.button(title, key=title, icon=f":material/{icon}:", disabled=where is None):
            layout.remember(doc=where, span=None)
            st.rerun()
    st.toggle(
        "Explained only",
        value=True,
        key="explained_only",
        help=f"Previous and Next pass over every {escape(noun)} that has no reasons yet: those take a moment.",
    )
