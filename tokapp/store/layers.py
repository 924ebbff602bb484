"""Layers: each person's own version of the labels, beside the shared one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from tokapp.documents import Document
from tokapp.evaluation.planting import without_plants
from tokapp.store import documents as store_documents
from tokapp.store.assignments import in_unfinished_round
from tokapp.store.labelling import cached_state, document_at
from tokapp.store.state import read_keys
from tokapp.store.tables import DocumentTable, LabellingTable
from tokapp.store.values import SHARED, Layer, Mark, Status, Version


def layers(session: Session, project_id: int) -> list[Layer]:
    """Who has a layer in a project, by name."""
    submitted = func.sum(case((LabellingTable.status == "labelled", 1), else_=0))
    query = (
        select(LabellingTable.layer, func.count(), submitted)
        .join(DocumentTable, DocumentTable.id == LabellingTable.document_id)
        .where(DocumentTable.project_id == project_id, LabellingTable.layer != SHARED)
        .group_by(LabellingTable.layer)
        .order_by(LabellingTable.layer)
    )
    return [Layer(name, documents, int(done)) for name, documents, done in session.execute(query)]


def document_ids(session: Session, project_id: int, layer: str) -> list[int]:
    """Ids of the documents in which a layer holds anything, ascending."""
    query = (
        select(LabellingTable.document_id)
        .join(DocumentTable, DocumentTable.id == LabellingTable.document_id)
        .where(DocumentTable.project_id == project_id, LabellingTable.layer == layer)
    )
    return list(session.scalars(query.order_by(LabellingTable.document_id)))


def twice_finished(project_id: int) -> Select[int]:
    """Ids of the documents that at least two people have submitted in their own layers, and nobody still has to."""
    return (
        select(LabellingTable.document_id)
        .join(DocumentTable, DocumentTable.id == LabellingTable.document_id)
        .where(
            DocumentTable.project_id == project_id,
            LabellingTable.layer != SHARED,
            LabellingTable.status == "labelled",
            ~in_unfinished_round(),
        )
        .group_by(LabellingTable.document_id)
        .having(func.count() > 1)
    )


def finished_among(session: Session, ids: Sequence[int]) -> list[int]:
    """Those of the documents of which nobody still has to hand in a version that others may not see before."""
    query = select(DocumentTable.id).where(DocumentTable.id.in_(ids), ~in_unfinished_round())
    return list(session.scalars(query))


def ruled(session: Session, ids: Sequence[int]) -> Iterator[tuple[int, frozenset[Mark]]]:
    """Which differences between versions a reviewer has decided on, by document."""
    query = select(LabellingTable.document_id, LabellingTable.ruled)
    for pk, marks in session.execute(query.where(LabellingTable.document_id.in_(ids), LabellingTable.layer == SHARED)):
        yield pk, frozenset(read_keys(marks))


def versions(session: Session, ids: Sequence[int], layer: str | None = None) -> list[Version]:
    """The documents as people have them in their own layers (or in that layer only), by document, then by name."""
    documents = dict(store_documents.load(session, ids))
    wanted = LabellingTable.layer != SHARED if layer is None else LabellingTable.layer == layer
    query = select(LabellingTable).where(LabellingTable.document_id.in_(ids), wanted)
    rows = session.scalars(query.order_by(LabellingTable.document_id, LabellingTable.layer))
    return [_version(row, documents[row.document_id]) for row in rows]


def _version(row: LabellingTable, document: Document) -> Version:
    shown = without_plants(document_at(document, cached_state(row)))
    return Version(row.layer, row.document_id, shown, cast(Status, row.status))
