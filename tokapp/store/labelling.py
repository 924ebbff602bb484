"""Labelling: opening a document, recording one action, and the events behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from tokapp.documents import Document, Json
from tokapp.errors import StaleRevision
from tokapp.evaluation.splits import Split
from tokapp.store import documents as store_documents
from tokapp.store.activity import note
from tokapp.store.edits import changes_nothing, difference, open_suggestions
from tokapp.store.filters import model_id_of
from tokapp.store.predictions import prediction_row
from tokapp.store.projects import check_text, task_of
from tokapp.store.state import Change, State, follow, read_keys, read_spans, replay, write_keys, write_spans
from tokapp.store.tables import DocumentLabelTable, DocumentTable, EventTable, LabellingTable, ModelTable, now
from tokapp.store.values import Edit, Event, Labelling, Status, Verb

_NOTED = {"submit": "labelled", "skip": "skipped"}


def open_for_labelling(session: Session, document_id: int, *, model: str | None = None) -> Labelling:
    """A document with people's labels and the open suggestions of a model (default: the project's model)."""
    row = store_documents.find_row(session, document_id)
    [(_, document)] = store_documents.load(session, [document_id])
    state = state_of(session, row)
    model_id = model_id_of(session, row.project_id, model)
    predicted = prediction_row(session, document_id, model_id)
    name = session.scalar(select(ModelTable.name).where(ModelTable.id == model_id))
    return Labelling(
        id=row.id,
        project_id=row.project_id,
        document=document,
        status=state.status,
        revision=state.revision,
        model=name if predicted is not None else None,
        suggestions=open_suggestions(read_spans(predicted.spans), state) if predicted is not None else (),
        suggested_label=predicted.label if predicted is not None else None,
        document_scores=cast(dict[str, float], predicted.document_scores) if predicted is not None else {},
        can_undo=bool(state.undo),
        can_redo=bool(state.redo),
        split=cast(Split, row.split),
    )


def record(session: Session, document_id: int, seen_revision: int, by: str, edit: Edit) -> None:
    """Append one event if the document is still at the revision that was seen.

    An edit whose token is stored already, and one that changes nothing, append no event. Raises StaleRevision,
    BadSpan, UnknownLabel, BadInput.
    """
    row = session.scalar(select(DocumentTable).where(DocumentTable.id == document_id).with_for_update())
    row = row or store_documents.find_row(session, document_id)
    if edit.token and _is_recorded(session, document_id, edit.token):
        return
    if row.revision != seen_revision:
        raise StaleRevision(row.external_id, seen=seen_revision, now=row.revision)
    check_text(by, where="the name of the person")
    state = state_of(session, row)
    halves = _halves(session, row, state, by, edit)
    if halves is None or (edit.verb not in ("undo", "redo") and changes_nothing(*halves)):
        return
    _append(session, row, state, by, edit, *halves)


def _halves(session: Session, row: DocumentTable, state: State, by: str, edit: Edit) -> tuple[Change, Change] | None:
    if edit.verb == "undo":
        return _reversed(_event_at(session, row.id, state.undo[-1])) if state.undo else None
    if edit.verb == "redo":
        return _forward(_event_at(session, row.id, state.redo[-1])) if state.redo else None
    [(_, document)] = store_documents.load(session, [row.id])
    return difference(state, edit, by, task=task_of(session, row.project_id), length=len(document.text))


def _append(
    session: Session, row: DocumentTable, state: State, by: str, edit: Edit, before: Change, after: Change
) -> None:
    changed = follow(state, edit.verb, before, after)
    session.add(
        EventTable(
            document_id=row.id,
            revision=changed.revision,
            by=by,
            at=now(),
            verb=edit.verb,
            before=dict(before),
            after=dict(after),
            token=edit.token or None,
        )
    )
    save_state(session, row, changed)
    if edit.verb in _NOTED:
        note(session, f"{_NOTED[edit.verb]} {row.external_id}", by=by, project_id=row.project_id)


def save_state(session: Session, row: DocumentTable, state: State) -> None:
    """Write the cache of a state: the row's columns, its labelling, its labels."""
    row.status, row.revision, row.label, row.spans = state.status, state.revision, state.label, len(state.spans)
    row.updated = now()
    cache = session.get(LabellingTable, row.id) or LabellingTable(document_id=row.id)
    cache.revision, cache.spans, cache.settled = state.revision, write_spans(state.spans), write_keys(state.settled)
    cache.undo, cache.redo = list(state.undo), list(state.redo)
    session.add(cache)
    session.execute(delete(DocumentLabelTable).where(DocumentLabelTable.document_id == row.id))
    if state.labels:
        rows = [{"document_id": row.id, "label": label} for label in sorted(state.labels)]
        session.execute(insert(DocumentLabelTable), rows)
    session.flush()


def state_of(session: Session, row: DocumentTable) -> State:
    """The cached state of a document."""
    cache = session.get(LabellingTable, row.id)
    if cache is None:
        return State()
    return State(
        revision=cache.revision,
        status=cast(Status, row.status),
        label=row.label,
        spans=tuple(read_spans(cache.spans)),
        settled=frozenset(read_keys(cache.settled)),
        undo=tuple(cast(Sequence[int], cache.undo)),
        redo=tuple(cast(Sequence[int], cache.redo)),
    )


def rebuild(session: Session, project_id: int) -> int:
    """Derive every cached state of a project from its events again; gives how many differed."""
    query = select(DocumentTable).where(DocumentTable.project_id == project_id, DocumentTable.revision > 0)
    wrong = 0
    for row in session.scalars(query).all():
        derived = replay(events(session, row.id))
        if derived != state_of(session, row):
            save_state(session, row, derived)
            wrong += 1
    return wrong


def events(session: Session, document_id: int) -> list[Event]:
    """Everything that happened to a document, oldest first."""
    store_documents.find_row(session, document_id)
    query = select(EventTable).where(EventTable.document_id == document_id).order_by(EventTable.revision)
    return [event_value(row) for row in session.scalars(query)]


def event_value(row: EventTable) -> Event:
    """The value of an event's row."""
    return Event(row.id, row.document_id, row.revision, row.by, row.at, cast(Verb, row.verb), row.before, row.after)


def document_at(document: Document, state: State) -> Document:
    """The document as it was in a state."""
    return replace(document, spans=state.spans, label=state.label, is_reviewed=state.status == "labelled")


def _is_recorded(session: Session, document_id: int, token: str) -> bool:
    query = select(func.count()).where(EventTable.document_id == document_id, EventTable.token == token)
    return bool(session.scalar(query))


def _event_at(session: Session, document_id: int, revision: int) -> EventTable:
    query = select(EventTable).where(EventTable.document_id == document_id, EventTable.revision == revision)
    return session.scalars(query).one()


def _reversed(event: EventTable) -> tuple[dict[str, Json], dict[str, Json]]:
    return {**event.after, "undoes": event.revision}, event.before


def _forward(event: EventTable) -> tuple[dict[str, Json], dict[str, Json]]:
    return event.before, {**event.after, "redoes": event.revision}
