"""Planted suggestions: shown like a model's, marked in everything that is stored, and never gold.

A document in which one stands is not finished: it is neither exported nor trained on until somebody corrects it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from tokapp.documents import Span
from tokapp.errors import BadInput, NotFound
from tokapp.evaluation.planting import MARK, is_chosen, is_planted, plant_in, seed_of
from tokapp.store.activity import note
from tokapp.store.check_tables import CheckShareTable, PlantTable
from tokapp.store.dialects import insert_or_skip
from tokapp.store.filters import model_id_of
from tokapp.store.predictions import prediction_row
from tokapp.store.projects import check_text, task_of
from tokapp.store.retired import offered, retired_labels, task_without
from tokapp.store.state import State, read_spans
from tokapp.store.tables import ContentTable, DocumentTable, LabellingTable, ProjectTable, now
from tokapp.store.values import SHARED, Edit

MOST = 0.1
"""The largest share of documents in which something may be planted."""


@dataclass(frozen=True, slots=True)
class CheckShare:
    """In what share of the documents something is planted, chosen by whom and when (nobody and never: none is)."""

    share: float = 0.0
    by: str = ""
    at: datetime | None = None


def check_share(session: Session, project_id: int) -> CheckShare:
    """The share that was chosen last."""
    query = select(CheckShareTable).where(CheckShareTable.project_id == project_id)
    row = session.scalar(query.order_by(CheckShareTable.id.desc()).limit(1))
    return CheckShare() if row is None else CheckShare(row.share, row.by, row.at)


def choose_share(session: Session, project_id: int, share: float, by: str) -> CheckShare:
    """Plant in that share of the documents from now on; 0 ends it. Raises BadInput, NotFound."""
    if not 0 <= share <= MOST:
        raise BadInput(f"checks are planted in 0 to {MOST:.0%} of the documents, not in {share:.0%}")
    if session.get(ProjectTable, project_id) is None:
        raise NotFound(f"there is no project {project_id}: choose one that exists")
    check_text(by, where="the name of the person")
    row = CheckShareTable(project_id=project_id, share=share, by=by, at=now())
    session.add(row)
    session.flush()
    note(session, f"set the share of planted checks to {share:.0%}", by=by, project_id=project_id)
    return CheckShare(row.share, row.by, row.at)


def planned(session: Session, document_id: int) -> PlantTable | None:
    """What is to be planted in a document that is opened; None if nothing is, or something has been already.

    Only documents that nobody has begun get one, and of those only the ones to train on: figures on held-out ones
    stay as they are.
    """
    row = session.get(DocumentTable, document_id)
    if row is None or row.status != "new" or row.split != "train":
        return None
    share = check_share(session, row.project_id).share
    if not share or planted(session, document_id) is not None:
        return None
    seed = _seed(session, row)
    if not is_chosen(seed, share):
        return None
    predicted = prediction_row(session, document_id, model_id_of(session, row.project_id, None))
    text = session.scalar(select(ContentTable.text).where(ContentTable.document_id == document_id))
    if predicted is None or text is None:
        return None
    labels = task_without(task_of(session, row.project_id), retired_labels(session, row.project_id)).span_names
    found = plant_in(text, offered(session, row.project_id, read_spans(predicted.spans)), labels, seed=seed)
    if found is None:
        return None
    span = found.span
    made = PlantTable(document_id=document_id, start=span.start, end=span.end, label=span.label, kind=found.kind)
    made.score, made.at = span.score or 0.0, now()
    return made


def plant(session: Session, made: PlantTable) -> None:
    """Store what is planted, unless another tab has done so."""
    columns = ("document_id", "score", "label", "kind", "at")
    values = {name: getattr(made, name) for name in columns} | {"span_start": made.start, "span_end": made.end}
    session.connection().execute(insert_or_skip(session, PlantTable), [values])


def _seed(session: Session, row: DocumentTable) -> str:
    return seed_of(session.scalars(select(ProjectTable.seed).where(ProjectTable.id == row.project_id)).one(), row.hash)


def planted(session: Session, document_id: int) -> Span | None:
    """The suggestion that was planted in a document, with its mark."""
    row = session.get(PlantTable, document_id)
    return None if row is None else Span(row.start, row.end, row.label, row.score, MARK + row.kind)


def with_plant(session: Session, row: DocumentTable, predicted: Sequence[Span], state: State) -> Sequence[Span]:
    """A model's suggestions with the planted one in the place of those that it meets, until it is decided on."""
    span = planted(session, row.id)
    if span is None or span.key in state.settled or not check_share(session, row.project_id).share:
        return predicted
    return sorted([span, *(one for one in predicted if not one.overlaps(span))])


def marked(session: Session, document_id: int, edit: Edit, state: State) -> Edit:
    """The edit whose spans carry the mark where they are the planted suggestion.

    To mark by hand what is suggested at that moment is to accept it; to mark it after having decided against it is not.
    """
    span = planted(session, document_id)
    if span is None or edit.verb not in _ABOUT or (edit.verb == "add" and span.key in state.settled):
        return edit
    about = len(edit.spans) // 2 if edit.verb in ("relabel", "move") else len(edit.spans)
    found = (span if one.key == span.key else one for one in edit.spans[:about])
    return replace(edit, spans=(*found, *edit.spans[about:]))


def standing(session: Session, project_id: int) -> list[int]:
    """Ids of the documents handed in with a planted suggestion among the shared labels, ascending."""
    query = (
        select(LabellingTable.document_id, LabellingTable.spans)
        .join(PlantTable, PlantTable.document_id == LabellingTable.document_id)
        .join(DocumentTable, DocumentTable.id == LabellingTable.document_id)
        .where(
            DocumentTable.project_id == project_id,
            DocumentTable.status == "labelled",
            LabellingTable.layer == SHARED,
        )
        .order_by(LabellingTable.document_id)
    )
    return [pk for pk, spans in session.execute(query) if any(is_planted(span) for span in read_spans(spans))]


_ABOUT = ("accept", "reject", "relabel", "move", "add")
