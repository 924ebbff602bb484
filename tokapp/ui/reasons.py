"""What the Explain page asks: which decisions there are to explain, and their explanations, made once and kept."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, cast, get_args
from unicodedata import category
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from tokapp.documents import NOTHING, Kind, Players, Target
from tokapp.errors import BadInput, NotFound
from tokapp.ui import layout, session
from tokapp.ui.text import escape, percent, plain, shorten

if TYPE_CHECKING:
    from tokapp.documents import Document, Prediction
    from tokapp.store import Labelling
    from tokapp.store.values import Project


LONGEST_LABEL = 60
"""Characters that a label may have."""


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
    """The decision that `write_target` wrote; raises BadInput for what fits no decision about this document."""
    if not written:
        return None
    fields = dict(parse_qsl(written[1:], keep_blank_values=True)) if written.startswith("?") else _short(written)
    kind, over = fields.get("kind", ""), fields.get("over", "text")
    names = [fields.get("label", ""), fields.get("against", "")]
    if kind not in get_args(Kind) or over not in get_args(Players) or not names[0] or not all(map(_is_name, names)):
        raise BadInput(f"{shorten(written)!r} in the address is no decision; choose one on this page")
    start, end = (0, 0) if kind == "document" else (_place(fields.get(name, "")) for name in ("start", "end"))
    if kind != "document" and not start < end <= len(document.text):
        raise BadInput(f"the span {start} to {end} in the address lies outside of the text")
    return Target(cast(Kind, kind), names[0], start, end, names[1], cast(Players, over))


def _short(written: str) -> dict[str, str]:
    """The fields of `start:end:label`, or of the label of a document."""
    parts = written.split(":", 2)
    if len(parts) < 3:
        return {"kind": "document", "label": written}
    return {"kind": "span", **dict(zip(("start", "end", "label"), parts, strict=True))}


def _is_name(written: str) -> bool:
    """Whether it can be a label: every other one is refused before anybody looks for it."""
    return len(written) <= LONGEST_LABEL and not any(category(c) in ("Cc", "Cs") for c in written)


def _place(written: str) -> int:
    """A position in a text; more digits than any text has characters stand for none."""
    if not (written.isascii() and written.isdecimal() and len(written) < 10):
        raise BadInput(f"{shorten(written, 20)!r} in the address is no position in the text")
    return int(written)


def write_target(target: Target) -> str:
    """The decision as it stands in the address: `start:end:label` or `label`, or a query of its fields from "?" on."""
    plain_span = Target("span", target.label, target.start, target.end)
    if target == plain_span:
        return f"{target.start}:{target.end}:{target.label}"
    if target == Target("document", target.label) and ":" not in target.label and not target.label.startswith("?"):
        return target.label
    return "?" + urlencode(asdict(target))


def name_target(target: Target, document: Document, prediction: Prediction | None) -> str:
    """The decision in words: the marked piece with its label and the model's confidence, or the question about it."""
    what = (
        _question(target, document)
        if target.kind in ("start", "end", "cut") or target.against
        else (_claim(target, document) + _sureness(replace(target, over="text"), prediction))
    )
    return what + (", by question and passages" if target.over == "sources" else "")


def _claim(target: Target, document: Document) -> str:
    what = f"“{shorten(document.text[target.start : target.end], 60)}”" if target.has_place else "The whole text"
    return f"{what} is {plain(target.label)}"


def _question(target: Target, document: Document) -> str:
    claim, piece = _claim(target, document), shorten(document.text[target.start : target.end], 60)
    whys: dict[Kind, str] = {
        "start": f"Why “{piece}” begins here, as {plain(target.label)}",
        "end": f"Why “{piece}” ends here, as {plain(target.label)}",
        "cut": f"Why the text was cut at “{piece}”, as {plain(target.label).replace('+', ' or ')}",
    }
    other = "nothing" if target.against == NOTHING else plain(target.against)
    why = whys.get(target.kind, f"Why {claim[0].lower()}{claim[1:]}")
    return f"{why} rather than {other}" if target.against else why


def _sureness(target: Target, prediction: Prediction | None) -> str:
    if target.kind == "document":
        score = prediction.document_scores.get(target.label) if prediction else None
        return f" · {percent(score)}" if score is not None else ""
    known = [span for span in (prediction.spans if prediction else ()) if Target.of_span(span) == target]
    return f" · {percent(known[0].score or 0)}" if known else " · marked by a person"


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
