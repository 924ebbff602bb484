"""Contrast examples: a document that a person changed by hand, kept beside the one that it was made from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from tokapp.documents import Document, Json, Prediction, Span
from tokapp.errors import BadInput
from tokapp.evaluation.splits import group_of
from tokapp.store import documents as store_documents
from tokapp.store import predictions as store_predictions
from tokapp.store.labelling import record, state_of
from tokapp.store.values import Edit

SOURCE = "contrast examples"
_ABOUT_THE_OLD_TEXT = ("rationales",)


@dataclass(frozen=True, slots=True)
class Contrast:
    """A changed text, what the model says about it, and what a person says is right there.

    `changes` are the words that differ: start and end in the original, and what stands there now. `accepted` are spans
    of the prediction that are right, `spans` others.
    """

    text: str
    changes: Sequence[tuple[int, int, str]]
    prediction: Prediction
    accepted: Sequence[Span] = ()
    spans: Sequence[Span] = ()
    label: str | None = None


def add_contrast(session: Session, original: int, contrast: Contrast, by: str) -> int:
    """Store a contrast example as a labelled document of the same group, which no split divides; gives its id.

    Raises BadInput if its text is in the project already, NotFound for the original.
    """
    row = store_documents.find_row(session, original)
    [(_, document)] = store_documents.load(session, [original])
    made = _document(document, contrast)
    if not made.text.strip():
        raise BadInput("Nothing is left of the text. Leave at least one word.")
    if store_documents.add_batch(session, row.project_id, [made], source=SOURCE).duplicates:
        raise BadInput("This text is in the project already.")
    pk = store_documents.find_document(session, row.project_id, made.id)
    store_predictions.add_batch(session, row.project_id, contrast.prediction.model, [(pk, contrast.prediction)])
    for edit in _edits(contrast):
        record(session, pk, state_of(session, pk).revision, by, edit)
    return pk


def _document(document: Document, contrast: Contrast) -> Document:
    """The changed document; its meta says of which one it is a contrast, and what was changed."""
    changes: list[Json] = [
        {"start": start, "end": end, "was": document.text[start:end], "now": now}
        for start, end, now in contrast.changes
    ]
    kept = {name: value for name, value in document.meta.items() if name not in _ABOUT_THE_OLD_TEXT}
    group = group_of(document)
    made = replace(document, text=contrast.text, spans=(), label=None, is_reviewed=False)
    meta = {**kept, "group": group, "contrast_of": document.id, "changes": changes}
    return replace(made, id=f"{document.id}~{made.hash[:8]}", meta=meta)


def _edits(contrast: Contrast) -> Iterable[Edit]:
    if contrast.accepted:
        yield Edit("accept", tuple(contrast.accepted), model=contrast.prediction.model)
    if contrast.spans:
        yield Edit("add", tuple(contrast.spans))
    if contrast.label is not None:
        yield Edit("set_label", label=contrast.label, model=contrast.prediction.model)
    yield Edit("submit")
