"""Actions on many documents that are one: done, undone and done again in short transactions, one event a document.

What an action does to each document is stored first, with the revision that was seen. Each document is compared and
swapped by itself: one that somebody changed in between is left alone and counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import cast

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from tokapp.errors import BadInput, NotFound, UnknownLabel
from tokapp.store.activity import note
from tokapp.store.assignments import seat
from tokapp.store.bulk_values import Bulk, BulkVerb, Hit, Outcome, Way
from tokapp.store.labelling import apply, check_layer, state_of
from tokapp.store.projects import check_text, task_of
from tokapp.store.state import State, read_spans, write_spans
from tokapp.store.tables import BulkDocumentTable, BulkTable, DocumentTable, now
from tokapp.store.values import Edit

_DID: dict[BulkVerb, str] = {"accept": "accepted", "reject": "rejected", "add": "marked"}
_TURNED: dict[Way, tuple[Outcome, ...]] = {"undo": ("done", "kept"), "redo": ("undone",)}


def begin(session: Session, project_id: int, verb: BulkVerb, by: str, hits: Iterable[Hit], *, layer: str) -> int:
    """Store what an action is to do and give its id; nothing is done yet. Raises BadInput if there is nothing to do."""
    task_of(session, project_id)
    check_layer(layer)
    check_text(by, where="the name of the person")
    touched: dict[int, list[Hit]] = defaultdict(list)
    for hit in hits:
        touched[hit.document_id].append(hit)
    if not touched:
        raise BadInput("there is nothing to do: tick at least one place")
    _check_documents(session, project_id, touched.keys())
    spans = sum(map(len, touched.values()))
    row = BulkTable(project_id=project_id, layer=layer, by=by, at=now(), verb=verb, spans=spans, way="do", turn=0)
    row.documents = len(touched)
    session.add(row)
    session.flush()
    session.execute(insert(BulkDocumentTable), [_document(row.id, pk, found) for pk, found in touched.items()])
    note(session, f"{_DID[verb]} {spans} spans in {len(touched)} documents at once", by=by, project_id=project_id)
    return row.id


def _check_documents(session: Session, project_id: int, ids: Iterable[int]) -> None:
    wanted = sorted(ids)
    for start in range(0, len(wanted), 1000):
        part = wanted[start : start + 1000]
        here = (DocumentTable.project_id == project_id, DocumentTable.id.in_(part))
        missing = set(part) - set(session.scalars(select(DocumentTable.id).where(*here)))
        if missing:
            raise NotFound(f"there is no document {min(missing)} in this project: search again")


def _document(bulk_id: int, pk: int, hits: Sequence[Hit]) -> dict[str, object]:
    spans = write_spans(sorted(hit.span for hit in hits))
    seen = min(hit.revision for hit in hits)
    return {"bulk_id": bulk_id, "document_id": pk, "seen": seen, "turn": 0, "outcome": "waiting", "spans": spans}


def turn(session: Session, bulk_id: int, way: Way, by: str) -> None:
    """Begin to undo an action, or to do again what was undone; what was never reached stays undone.

    Raises NotFound.
    """
    row = _locked(session, bulk_id)
    _leave_unfinished(session, row)
    row.way, row.turn = way, row.turn + 1
    turned = (BulkDocumentTable.bulk_id == bulk_id, BulkDocumentTable.outcome.in_(_TURNED[way]))
    session.execute(update(BulkDocumentTable).where(*turned).values(outcome="waiting", turn=row.turn))
    said = "undid" if way == "undo" else "did again"
    text = f"{said}: {_DID[cast(BulkVerb, row.verb)]} {row.spans} spans in {row.documents} documents"
    note(session, text, by=by, project_id=row.project_id)


def _leave_unfinished(session: Session, row: BulkTable) -> None:
    """Documents that an interrupted round did not reach are as they were before it."""
    waiting = update(BulkDocumentTable).where(
        BulkDocumentTable.bulk_id == row.id, BulkDocumentTable.outcome == "waiting"
    )
    session.execute(waiting.where(BulkDocumentTable.revision.is_(None)).values(outcome="changed"))
    before: Outcome = "kept" if row.way == "undo" else "undone"
    session.execute(waiting.values(outcome=before))


def step(session: Session, bulk_id: int, by: str, size: int) -> bool:
    """Go on with an action in at most `size` documents; gives whether any still wait. Raises NotFound."""
    row = _locked(session, bulk_id)
    waiting = select(BulkDocumentTable).where(
        BulkDocumentTable.bulk_id == bulk_id, BulkDocumentTable.outcome == "waiting"
    )
    part = session.scalars(waiting.order_by(BulkDocumentTable.document_id).limit(size + 1)).all()
    ids = [one.document_id for one in part[:size]]
    found = select(DocumentTable).where(DocumentTable.id.in_(ids)).order_by(DocumentTable.id).with_for_update()
    documents = {document.id: document for document in session.scalars(found)}
    for one in part[:size]:
        one.outcome = _settle(session, row, one, documents[one.document_id], by)
    return len(part) > size


def _settle(session: Session, row: BulkTable, one: BulkDocumentTable, document: DocumentTable, by: str) -> Outcome:
    state = state_of(session, document.id, row.layer)
    token = f"bulk:{row.id}:{row.turn}"
    if row.way != "do":
        return _turn_back(session, row, one, document, state, by, token)
    if state.revision != one.seen or not _may_work(session, document.id, row.layer, by):
        return "changed"
    edit = Edit(cast(BulkVerb, row.verb), tuple(read_spans(one.spans)), token=token, model=_model(one))
    try:
        if not apply(session, document, state, by, edit, layer=row.layer):
            return "same"
    except UnknownLabel:  # the label was deleted after the places were looked up
        return "changed"
    one.revision = state.revision + 1
    return "done"


def _may_work(session: Session, document_id: int, layer: str, by: str) -> bool:
    """Whether a person may work in that layer of a document: where it is labelled blindly, in their own only."""
    here = seat(session, document_id, by)
    return not here.people or (here.layer == layer and not here.closed)


def _turn_back(
    session: Session,
    row: BulkTable,
    one: BulkDocumentTable,
    document: DocumentTable,
    state: State,
    by: str,
    token: str,
) -> Outcome:
    """Undo or redo in one document, if nothing came after; one that a person turned back there already is no event."""
    is_undo = row.way == "undo"
    stack, other = (state.undo, state.redo) if is_undo else (state.redo, state.undo)
    if stack and stack[-1] == one.revision:
        apply(session, document, state, by, Edit("undo" if is_undo else "redo", token=token), layer=row.layer)
        return "undone" if is_undo else "done"
    if is_undo:
        return "kept" if one.revision in stack else "undone"
    return "done" if one.revision in other else "undone"


def _model(one: BulkDocumentTable) -> str | None:
    """The model whose suggestions these are, from their origin."""
    origins = {span.origin for span in read_spans(one.spans)}
    name = next(iter(origins), "").removeprefix("model:")
    return name if len(origins) == 1 and name else None


def find(session: Session, bulk_id: int) -> Bulk:
    """The action of that id with what became of its documents; raises NotFound."""
    return _value(session, _row(session, bulk_id))


def bulks(session: Session, project_id: int, limit: int) -> list[Bulk]:
    """The last actions of a project, newest first."""
    query = select(BulkTable).where(BulkTable.project_id == project_id).order_by(BulkTable.id.desc()).limit(limit)
    return [_value(session, row) for row in session.scalars(query).all()]


def next_turn(session: Session, document_id: int, way: Way, layer: str) -> int | None:
    """The action that an undo or redo in a document would turn back, None if its last step is no part of one."""
    state = state_of(session, document_id, layer)
    stack = state.undo if way == "undo" else state.redo
    if not stack:
        return None
    query = (
        select(BulkTable.id)
        .join(BulkDocumentTable, BulkDocumentTable.bulk_id == BulkTable.id)
        .where(BulkDocumentTable.document_id == document_id, BulkDocumentTable.revision == stack[-1])
        .where(BulkTable.layer == layer)
    )
    return session.scalar(query)


def documents_with(session: Session, bulk_id: int, outcomes: Sequence[Outcome], limit: int) -> list[tuple[int, str]]:
    """Ids and names of an action's documents of which that became, ascending by id."""
    query = (
        select(DocumentTable.id, DocumentTable.external_id)
        .join(BulkDocumentTable, BulkDocumentTable.document_id == DocumentTable.id)
        .where(BulkDocumentTable.bulk_id == bulk_id, BulkDocumentTable.outcome.in_(outcomes))
        .order_by(DocumentTable.id)
        .limit(limit)
    )
    return [(pk, name) for pk, name in session.execute(query)]


def _row(session: Session, bulk_id: int) -> BulkTable:
    row = session.get(BulkTable, bulk_id)
    if row is None:
        raise NotFound(f"there is no action {bulk_id} on many documents")
    return row


def _locked(session: Session, bulk_id: int) -> BulkTable:
    """The row, held until the transaction ends: of two that go on with the same action, one waits."""
    row = session.scalar(select(BulkTable).where(BulkTable.id == bulk_id).with_for_update())
    return row if row is not None else _row(session, bulk_id)


def _value(session: Session, row: BulkTable) -> Bulk:
    query = select(BulkDocumentTable.outcome, func.count()).where(BulkDocumentTable.bulk_id == row.id)
    counts = {cast(Outcome, name): int(count) for name, count in session.execute(query.group_by("outcome"))}
    verb, way = cast(BulkVerb, row.verb), cast(Way, row.way)
    return Bulk(row.id, row.project_id, row.by, row.at, verb, row.documents, row.spans, way, row.turn, counts)
