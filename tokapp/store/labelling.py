"""Labelling: opening a document, recording one action, and the events behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from sqlalchemy import ColumnElement, delete, func, insert, select
from sqlalchemy.orm import Session

from tokapp.documents import Document, Json
from tokapp.errors import BadInput, StaleRevision
from tokapp.evaluation.splits import Split
from tokapp.store import documents as store_documents
from tokapp.store.activity import note
from tokapp.store.assignments import follow_decision, seat
from tokapp.store.edits import back_to, changes_nothing, difference, open_suggestions
from tokapp.store.filters import model_id_of
from tokapp.store.plants import marked, with_plant
from tokapp.store.predictions import prediction_row
from tokapp.store.projects import check_text, task_of
from tokapp.store.retired import check_edit, offered
from tokapp.store.state import (
    Change,
    State,
    follow,
    read_keys,
    read_reasons,
    read_spans,
    replay,
    write_keys,
    write_reasons,
    write_spans,
)
from tokapp.store.tables import (
    DocumentLabelTable,
    DocumentTable,
    EventTable,
    LabellingTable,
    ModelTable,
    PredictionTable,
    now,
)
from tokapp.store.values import SHARED, Edit, Event, Labelling, Status, Verb

_LONGEST_LAYER = 200
_ABOUT_SUGGESTIONS = ("accept", "reject", "relabel", "move")
_NOTED = {"submit": "labelled", "skip": "skipped"}


def open_for_labelling(
    session: Session, document_id: int, *, model: str | None = None, layer: str = SHARED
) -> Labelling:
    """A document with the labels of a layer and the open suggestions of a model (default: the project's model)."""
    row = store_documents.find_row(session, document_id)
    [(_, document)] = store_documents.load(session, [document_id])
    state = state_of(session, row.id, layer)
    model_id = model_id_of(session, row.project_id, model)
    predicted = prediction_row(session, document_id, model_id)
    name = session.scalar(select(ModelTable.name).where(ModelTable.id == model_id))
    suggested = with_plant(session, row, read_spans(predicted.spans), state) if predicted is not None else ()
    return Labelling(
        id=row.id,
        project_id=row.project_id,
        document=document_at(document, state),
        status=state.status,
        revision=state.revision,
        model=name if predicted is not None else None,
        suggestions=open_suggestions(offered(session, row.project_id, suggested), state),
        suggested_label=predicted.label if predicted is not None else None,
        document_scores=cast(dict[str, float], predicted.document_scores) if predicted is not None else {},
        can_undo=bool(state.undo),
        can_redo=bool(state.redo),
        split=cast(Split, row.split),
        layer=layer,
        ruled=state.ruled,
        undo_steps=len(state.undo),
        redo_steps=len(state.redo),
    )


def record(session: Session, document_id: int, seen_revision: int, by: str, edit: Edit, *, layer: str = SHARED) -> None:
    """Append one event if the layer of the document is still at the revision that was seen.

    An edit whose token is stored already, and one that changes nothing, append no event. Raises StaleRevision,
    BadSpan, UnknownLabel, BadInput.
    """
    row = session.scalar(select(DocumentTable).where(DocumentTable.id == document_id).with_for_update())
    row = row or store_documents.find_row(session, document_id)
    check_layer(layer)
    if edit.token and _is_recorded(session, document_id, layer, edit.token):
        return
    state = state_of(session, document_id, layer)
    if state.revision != seen_revision:
        raise StaleRevision(row.external_id, seen=seen_revision, now=state.revision)
    check_text(by, where="the name of the person")
    if layer != SHARED and (closed := seat(session, document_id, layer).closed):
        raise BadInput(closed)
    apply(session, row, state, by, edit, layer=layer)


def apply(session: Session, row: DocumentTable, state: State, by: str, edit: Edit, *, layer: str = SHARED) -> bool:
    """Append the event of an edit upon a layer's state; gives whether it changed anything."""
    halves = _halves(session, row, layer, state, by, edit)
    if halves is None or (edit.verb not in ("undo", "redo") and changes_nothing(*halves)):
        return False
    _append(session, row, layer, state, by, edit, *halves)
    return True


def check_layer(layer: str) -> None:
    """Raise BadInput if no layer can have that name."""
    check_text(layer, where="the name of the layer")
    if len(layer) > _LONGEST_LAYER:
        raise BadInput(f"a layer's name has at most {_LONGEST_LAYER} characters, this one has {len(layer)}")


def _halves(
    session: Session, row: DocumentTable, layer: str, state: State, by: str, edit: Edit
) -> tuple[Change, Change] | None:
    if edit.verb == "undo":
        return _reversed(_event_at(session, row.id, layer, state.undo[-1])) if state.undo else None
    if edit.verb == "redo":
        return _forward(_event_at(session, row.id, layer, state.redo[-1])) if state.redo else None
    if edit.verb == "restore":
        return back_to(state, _past(session, row.id, layer, state.revision, edit.revision))
    [(_, document)] = store_documents.load(session, [row.id])
    task, length = task_of(session, row.project_id), len(document.text)
    check_edit(session, row.project_id, edit)
    edit = marked(session, row.id, edit, state)
    if edit.verb not in (*_ABOUT_SUGGESTIONS, "set_label"):
        return difference(state, edit, by, task=task, length=length)
    predicted = prediction_row(session, row.id, model_id_of(session, row.project_id, edit.model))
    if edit.verb == "set_label":
        before, after = difference(state, edit, by, task=task, length=length)
        return {**before, **_suggested_label(session, predicted)}, after
    before, after = difference(state, _as_suggested(edit, predicted), by, task=task, length=length)
    return {**before, **_source(session, predicted)} if before.get("suggestions") else before, after


def _as_suggested(edit: Edit, predicted: PredictionTable | None) -> Edit:
    """The edit whose spans, where a model suggested them, have its score and name, which browsers do not send."""
    known = {span.key: span for span in read_spans(predicted.spans)} if predicted is not None else {}
    return replace(edit, spans=tuple(known.get(one.key, one) if one.score is None else one for one in edit.spans))


def _suggested_label(session: Session, predicted: PredictionTable | None) -> dict[str, Json]:
    """What a model suggested to call the whole document: [label, score], and which model did."""
    if predicted is None or predicted.label is None:
        return {}
    score = predicted.document_scores.get(predicted.label)
    return {"suggested_label": [predicted.label, score], **_source(session, predicted)}


def _source(session: Session, predicted: PredictionTable | None) -> dict[str, Json]:
    """Which model suggested, and when: kept in the event, since a later prediction takes the place of this one."""
    if predicted is None:
        return {}
    name = session.scalar(select(ModelTable.name).where(ModelTable.id == predicted.model_id))
    return {"model": name, "predicted": predicted.created.isoformat()}


def _past(session: Session, document_id: int, layer: str, newest: int, wanted: int | None) -> State:
    if wanted is None or not 0 <= wanted <= newest:
        raise BadInput(f"there is no revision {wanted} to go back to: choose one from 0 to {newest}")
    return replay(events(session, document_id, layer), until=wanted)


def _append(
    session: Session,
    row: DocumentTable,
    layer: str,
    state: State,
    by: str,
    edit: Edit,
    before: Change,
    after: Change,
) -> None:
    changed = follow(state, edit.verb, before, after)
    session.add(
        EventTable(
            document_id=row.id,
            layer=layer,
            revision=changed.revision,
            by=by,
            at=now(),
            verb=edit.verb,
            before=dict(before),
            after=dict(after),
            token=edit.token or None,
        )
    )
    save_state(session, row, changed, layer=layer)
    if edit.verb in _NOTED:
        note(session, f"{_NOTED[edit.verb]} {row.external_id}", by=by, project_id=row.project_id)


def save_state(session: Session, row: DocumentTable, state: State, *, layer: str = SHARED) -> None:
    """Write the cache of a layer's state; that of the shared layer also to the document's row and its labels."""
    key = (row.id, layer)
    cache = session.get(LabellingTable, key) or LabellingTable(document_id=row.id, layer=layer)
    cache.revision, cache.status, cache.label = state.revision, state.status, state.label
    cache.spans, cache.settled = write_spans(state.spans), write_keys(state.settled)
    cache.undo, cache.redo = list(state.undo), list(state.redo)
    cache.ruled, cache.reasons = write_keys(state.ruled), write_reasons(state.reasons)
    session.add(cache)
    if layer == SHARED:
        _save_shared(session, row, state)
    session.flush()


def _save_shared(session: Session, row: DocumentTable, state: State) -> None:
    row.status, row.revision, row.label, row.spans = state.status, state.revision, state.label, len(state.spans)
    row.updated = now()
    follow_decision(session, row.id, state.status)
    session.execute(delete(DocumentLabelTable).where(DocumentLabelTable.document_id == row.id))
    if state.labels:
        rows = [{"document_id": row.id, "label": label} for label in sorted(state.labels)]
        session.execute(insert(DocumentLabelTable), rows)


def state_of(session: Session, document_id: int, layer: str = SHARED) -> State:
    """The cached state of a document's layer."""
    cache = session.get(LabellingTable, (document_id, layer))
    return State() if cache is None else cached_state(cache)


def undoes(session: Session, document_id: int, layer: str = SHARED) -> Verb | None:
    """The verb of the event that an undo in a layer would take back."""
    state = state_of(session, document_id, layer)
    return cast(Verb, _event_at(session, document_id, layer, state.undo[-1]).verb) if state.undo else None


def cached_state(cache: LabellingTable) -> State:
    """The state that a row of the cache holds."""
    return State(
        revision=cache.revision,
        status=cast(Status, cache.status),
        label=cache.label,
        spans=tuple(read_spans(cache.spans)),
        settled=frozenset(read_keys(cache.settled)),
        undo=tuple(cast(Sequence[int], cache.undo)),
        redo=tuple(cast(Sequence[int], cache.redo)),
        ruled=frozenset(read_keys(cache.ruled)),
        reasons=tuple(read_reasons(cache.reasons)),
    )


def rebuild(session: Session, project_id: int) -> int:
    """Derive every cached state of a project from its events again; gives how many differed."""
    query = (
        select(DocumentTable, LabellingTable)
        .join(LabellingTable, LabellingTable.document_id == DocumentTable.id)
        .where(DocumentTable.project_id == project_id)
    )
    wrong = 0
    for row, cache in session.execute(query).all():
        derived = replay(events(session, row.id, cache.layer))
        if derived != cached_state(cache) or (cache.layer == SHARED and _row_differs(row, derived)):
            save_state(session, row, derived, layer=cache.layer)
            wrong += 1
    return wrong


def _row_differs(row: DocumentTable, state: State) -> bool:
    return (row.status, row.revision, row.label, row.spans) != (
        state.status,
        state.revision,
        state.label,
        len(state.spans),
    )


def events(session: Session, document_id: int, layer: str = SHARED) -> list[Event]:
    """Everything that happened to a layer of a document, oldest first."""
    store_documents.find_row(session, document_id)
    query = select(EventTable).where(EventTable.document_id == document_id, EventTable.layer == layer)
    return [event_value(row) for row in session.scalars(query.order_by(EventTable.revision))]


def event_value(row: EventTable) -> Event:
    """The value of an event's row."""
    verb = cast(Verb, row.verb)
    return Event(row.id, row.document_id, row.revision, row.by, row.at, verb, row.before, row.after, row.layer)


def document_at(document: Document, state: State) -> Document:
    """The document as it was in a state."""
    is_reviewed = state.status == "labelled"
    return replace(document, spans=state.spans, label=state.label, is_reviewed=is_reviewed, reasons=state.reasons)


def _is_recorded(session: Session, document_id: int, layer: str, token: str) -> bool:
    return bool(session.scalar(select(func.count()).where(*_here(document_id, layer), EventTable.token == token)))


def _event_at(session: Session, document_id: int, layer: str, revision: int) -> EventTable:
    query = select(EventTable).where(*_here(document_id, layer), EventTable.revision == revision)
    return session.scalars(query).one()


def _here(document_id: int, layer: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return EventTable.document_id == document_id, EventTable.layer == layer


def _reversed(event: EventTable) -> tuple[dict[str, Json], dict[str, Json]]:
    return {**event.after, "undoes": event.revision}, event.before


def _forward(event: EventTable) -> tuple[dict[str, Json], dict[str, Json]]:
    return event.before, {**event.after, "redoes": event.revision}
