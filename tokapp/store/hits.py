"""What an action on many documents would touch: open suggestions by filter, and places of a piece of text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import Session

from tokapp.documents import Span
from tokapp.store.bulk_values import Hit, Piece, SuggestionFilter
from tokapp.store.edits import open_suggestions
from tokapp.store.filters import model_id_of
from tokapp.store.labelling import cached_state
from tokapp.store.retired import offered
from tokapp.store.state import State, read_spans
from tokapp.store.tables import (
    ContentTable,
    DocumentTable,
    LabellingTable,
    ModelTable,
    PredictionLabelTable,
    PredictionTable,
)
from tokapp.words import find_pieces

_AROUND = 40


def with_suggestions(session: Session, project_id: int, where: SuggestionFilter) -> list[int]:
    """Ids of the documents in which a model suggested anything that the filter could let through, ascending."""
    model_id = model_id_of(session, project_id, where.model)
    here = (PredictionTable.project_id == project_id, PredictionTable.model_id == model_id, PredictionTable.count > 0)
    query = select(PredictionTable.document_id).where(*here).order_by(PredictionTable.document_id)
    if where.document_id is not None:
        query = query.where(PredictionTable.document_id == where.document_id)
    if where.label is not None:
        same = and_(PredictionLabelTable.document_id == PredictionTable.document_id)
        label = (PredictionLabelTable.model_id == model_id, PredictionLabelTable.label == where.label)
        query = query.where(exists().where(same, *label))
    return list(session.scalars(query))


def suggestions(
    session: Session, project_id: int, ids: Sequence[int], where: SuggestionFilter, layer: str
) -> Iterator[Hit]:
    """The open suggestions in those documents that the filter lets through, in reading order."""
    model_id = model_id_of(session, project_id, where.model)
    query = select(PredictionTable.document_id, PredictionTable.spans)
    query = query.where(PredictionTable.model_id == model_id, PredictionTable.document_id.in_(ids))
    name = session.scalar(select(ModelTable.name).where(ModelTable.id == model_id))
    rows = session.execute(query).all()
    found = {pk: offered(session, project_id, read_spans(spans)) for pk, spans in rows}
    predicted = {pk: [_of(span, name) for span in spans] for pk, spans in found.items()}
    yield from _hits(session, ids, layer, lambda pk, _, state: _open(predicted.get(pk, []), state, where))


def _of(span: Span, model: str | None) -> Span:
    """The span with the model that it comes from, which a prediction need not repeat."""
    return span if span.origin or model is None else replace(span, origin=f"model:{model}")


def _open(predicted: Sequence[Span], state: State, where: SuggestionFilter) -> list[Span]:
    return [span for span in sorted(open_suggestions(predicted, state)) if _lets_through(where, span)]


def _lets_through(where: SuggestionFilter, span: Span) -> bool:
    if where.label is not None and span.label != where.label:
        return False
    if span.score is None:
        return where.least <= 0 and where.most >= 1
    return where.least <= span.score <= where.most


def with_piece(session: Session, project_id: int, piece: Piece) -> list[int]:
    """Ids of the documents that can hold the piece of text, ascending."""
    query = select(DocumentTable.id).where(DocumentTable.project_id == project_id).order_by(DocumentTable.id)
    if piece.document_id is not None:
        query = query.where(DocumentTable.id == piece.document_id)
    if piece.match_case or piece.text.isascii():  # databases fold the case of other letters in ways of their own
        query = query.join(ContentTable, ContentTable.document_id == DocumentTable.id)
        query = query.where(ContentTable.text.icontains(piece.text, autoescape=True))
    return list(session.scalars(query))


def places(session: Session, ids: Sequence[int], piece: Piece, layer: str) -> Iterator[Hit]:
    """Where the piece stands and nobody has marked it with its label, in reading order."""
    yield from _hits(session, ids, layer, lambda _, text, state: _unmarked(text, state, piece))


def _unmarked(text: str, state: State, piece: Piece) -> list[Span]:
    found = find_pieces(text, piece.text, whole_words=piece.whole_words, match_case=piece.match_case)
    mine = [span for span in state.spans if span.label == piece.label]
    spans = [Span(start, end, piece.label) for start, end in found]
    return [span for span in spans if not any(span.overlaps(other) for other in mine)]


def _hits(
    session: Session, ids: Sequence[int], layer: str, find: Callable[[int, str, State], list[Span]]
) -> Iterator[Hit]:
    """What `find` gives for every document, from its id, text and state."""
    same = and_(LabellingTable.document_id == DocumentTable.id, LabellingTable.layer == layer)
    query = (
        select(DocumentTable.id, DocumentTable.external_id, ContentTable.text, LabellingTable)
        .join(ContentTable, ContentTable.document_id == DocumentTable.id)
        .outerjoin(LabellingTable, same)
        .where(DocumentTable.id.in_(ids))
        .order_by(DocumentTable.id)
    )
    for pk, name, text, cache in session.execute(query):
        state = State() if cache is None else cached_state(cache)
        for span in find(pk, text, state):
            left, right = text[max(span.start - _AROUND, 0) : span.start], text[span.end : span.end + _AROUND]
            yield Hit(pk, name, state.revision, span, left, text[span.start : span.end], right)
