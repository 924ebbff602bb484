"""Documents: bulk import, and reading them back with people's labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeAlias, cast

from sqlalchemy import Row, and_, func, insert, select
from sqlalchemy.orm import Session

from tokapp.documents import Document, Json
from tokapp.errors import BadInput, NotFound
from tokapp.evaluation.planting import without_plants
from tokapp.evaluation.splits import group_of, likeness
from tokapp.store.dialects import insert_or_skip
from tokapp.store.projects import check_text, task_of
from tokapp.store.sides import Sides
from tokapp.store.state import State, follow, read_reasons, read_spans, write_reasons, write_spans
from tokapp.store.tables import (
    ContentTable,
    DocumentLabelTable,
    DocumentTable,
    EventTable,
    LabellingTable,
    ProjectTable,
    now,
)
from tokapp.store.values import SHARED, Added, Status, Verb
from tokapp.tasks import Task

_PREVIEW = 160
_IMPORT: Verb = "import"


Refused: TypeAlias = Callable[[str, str], None]
"""Gets the id of a document that cannot be stored, and why."""


def add_batch(
    session: Session, project_id: int, batch: Sequence[Document], *, source: str, refused: Refused | None = None
) -> Added:
    """Store the documents that are new in the project; the result names those that were there already.

    Documents that cannot be stored go to `refused`; without it they raise BadInput naming the document: no text, half a
    surrogate pair, or a span or label that the task lacks.
    """
    task, seed = task_of(session, project_id), _locked_seed(session, project_id)
    postgres = session.get_bind().dialect.name == "postgresql"
    rows = {}
    duplicates = []
    for document in batch:
        try:
            _check(document, task, postgres=postgres)
        except BadInput as error:
            if refused is None:
                raise
            refused(document.id, str(error).removeprefix(f"{error.where}: "))
            continue
        digest = document.hash
        if digest in rows:
            duplicates.append(document.id)
        else:
            rows[digest] = document
    ids = _insert_rows(session, project_id, rows, source=source, seed=seed)
    _insert_contents(session, {ids[digest]: document for digest, document in rows.items() if digest in ids})
    duplicates += [document.id for digest, document in rows.items() if digest not in ids]
    return Added(len(ids), len(duplicates), tuple(duplicates))


def _insert_rows(
    session: Session, project_id: int, documents: dict[str, Document], *, source: str, seed: str
) -> dict[str, int]:
    """Insert what is new; gives the new ids by content hash."""
    if not documents:
        return {}
    at, rows = now(), []
    likes = {digest: likeness(document) for digest, document in documents.items()}
    sides = Sides(session, project_id, seed, likes.values())
    for digest, document in documents.items():
        group = group_of(document)
        state = _imported(document)
        rows.append(
            {
                "project_id": project_id,
                "external_id": document.id,
                "hash": digest,
                "source": source,
                "group_name": group,
                "likeness": likes[digest],
                "split": sides.place(group, likes[digest]),
                "preview": " ".join(document.text[: 2 * _PREVIEW].split())[:_PREVIEW],
                "status": state.status,
                "revision": state.revision,
                "spans": len(state.spans),
                "label": state.label,
                "created": at,
                "updated": at,
            }
        )
    statement = insert_or_skip(session, DocumentTable)
    table = DocumentTable.__table__.c
    return {digest: pk for pk, digest in session.connection().execute(statement.returning(table.id, table.hash), rows)}


def _locked_seed(session: Session, project_id: int) -> str:
    """The seed of the project's splits; another import waits, so that copies cannot come in on two sides at once."""
    query = select(ProjectTable.seed).where(ProjectTable.id == project_id)
    return session.scalars(query.with_for_update(key_share=True)).one()


def _insert_contents(session: Session, documents: dict[int, Document]) -> None:
    connection = session.connection()
    contents = [
        {
            "document_id": pk,
            "text": document.text,
            "question": document.question,
            "contexts": list(document.contexts),
            "meta": dict(document.meta),
        }
        for pk, document in documents.items()
    ]
    if contents:
        connection.execute(insert(ContentTable), contents)
    states = {pk: _imported(document) for pk, document in documents.items()}
    labelled = {pk: state for pk, state in states.items() if state.revision}
    if labelled:
        at = now()
        connection.execute(insert(EventTable), [_event(pk, documents[pk], at) for pk in labelled])
        connection.execute(insert(LabellingTable), [_labelling(pk, state) for pk, state in labelled.items()])
    labels = [{"document_id": pk, "label": label} for pk, state in labelled.items() for label in sorted(state.labels)]
    if labels:
        connection.execute(insert(DocumentLabelTable), labels)


def _imported(document: Document) -> State:
    """The state right after the import: what the file said counts as people's word."""
    if not (document.spans or document.reasons or document.label is not None or document.is_reviewed):
        return State()
    return follow(State(), _IMPORT, *_change(document))


def _change(document: Document) -> tuple[dict[str, Json], dict[str, Json]]:
    is_begun = bool(document.spans) or document.label is not None
    status: Status = "labelled" if document.is_reviewed else "started" if is_begun else "new"
    spans = write_spans(sorted(replace(span, score=None) for span in document.spans))
    before: dict[str, Json] = {"status": "new", "label": None, "spans": []}
    after: dict[str, Json] = {"status": status, "label": document.label, "spans": spans}
    return before, {**after, "reasons": write_reasons(document.reasons)} if document.reasons else after


def _event(pk: int, document: Document, at: object) -> dict[str, object]:
    before, after = _change(document)
    return {
        "document_id": pk,
        "layer": SHARED,
        "revision": 1,
        "by_name": _IMPORT,
        "at": at,
        "verb": _IMPORT,
        "before": before,
        "after": after,
        "token": None,
    }


def _labelling(pk: int, state: State) -> dict[str, object]:
    return {
        "document_id": pk,
        "layer": SHARED,
        "revision": state.revision,
        "status": state.status,
        "label": state.label,
        "spans": write_spans(state.spans),
        "settled": [],
        "undo": [],
        "redo": [],
        "ruled": [],
        "reasons": write_reasons(state.reasons),
    }


def _check(document: Document, task: Task, *, postgres: bool) -> None:
    where = f"document {document.id[:60]!r}"
    if not document.text:
        raise BadInput("it has no text: fill it in, or leave the row out", where=where)
    for part in (document.id, document.text, document.question or "", *document.contexts):
        check_text(part, where=where)
        if postgres and "\x00" in part:
            raise BadInput("it holds a NUL character, which PostgreSQL cannot keep: remove it", where=where)
    try:
        task.check(document)
    except BadInput as error:
        raise type(error)(str(error), where=where) from error


def find_document(session: Session, project_id: int, external_id: str) -> int:
    """The first document of that id in the file it came from; raises NotFound."""
    query = select(func.min(DocumentTable.id)).where(
        DocumentTable.project_id == project_id, DocumentTable.external_id == external_id
    )
    found = session.scalar(query)
    if found is None:
        raise NotFound(f"there is no document {external_id!r} in this project")
    return found


def find_row(session: Session, document_id: int) -> DocumentTable:
    """The row of a document; raises NotFound."""
    row = session.get(DocumentTable, document_id)
    if row is None:
        raise NotFound(f"there is no document {document_id}: go back to the list and choose one")
    return row


def load(session: Session, ids: Sequence[int]) -> list[tuple[int, Document]]:
    """Documents with what people said about them, in the order of their ids; planted spans are left out."""
    columns = (
        DocumentTable.id,
        DocumentTable.external_id,
        DocumentTable.label,
        DocumentTable.status,
        ContentTable.text,
        ContentTable.question,
        ContentTable.contexts,
        ContentTable.meta,
        LabellingTable.spans,
        LabellingTable.reasons,
        DocumentTable.project_id,
    )
    query = (
        select(*columns)
        .join(ContentTable, ContentTable.document_id == DocumentTable.id)
        .outerjoin(LabellingTable, and_(LabellingTable.document_id == DocumentTable.id, LabellingTable.layer == SHARED))
        .where(DocumentTable.id.in_(ids))
        .order_by(DocumentTable.id)
    )
    rows = session.execute(query).all()
    tasks = {pk: task_of(session, pk).name for pk in {row.project_id for row in rows}}
    return [(row.id, _document(row, tasks[row.project_id])) for row in rows]


def _document(row: Row[*tuple[Any, ...]], task: str) -> Document:
    document = Document(
        id=row.external_id,
        text=row.text,
        task=task,
        spans=tuple(read_spans(row.spans)),
        label=row.label,
        question=row.question,
        contexts=tuple(cast(Sequence[str], row.contexts)),
        meta=row.meta,
        is_reviewed=row.status == "labelled",
        reasons=tuple(read_reasons(row.reasons)),
    )
    return without_plants(document)
