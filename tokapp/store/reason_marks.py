"""What pages and the command line ask about people's marks of reasons; the marks themselves are part of the labels."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Text, and_, cast, exists, func, select

from tokapp.documents import Document
from tokapp.store import documents as _documents
from tokapp.store import labelling as _labelling
from tokapp.store.labelling_queue import LabellingQueue
from tokapp.store.tables import DocumentTable, LabellingTable
from tokapp.store.values import SHARED, Verb


class ReasonMarks(LabellingQueue):
    """Documents with marks, and whether the last change was one."""

    def count_marked(self, project_id: int) -> int:
        """How many labelled documents that models learn from have marked reasons."""
        teaches = and_(DocumentTable.status == "labelled", DocumentTable.split == "train")
        query = select(func.count()).select_from(DocumentTable).where(_is_marked(project_id), teaches)
        with self._reading() as session:
            return session.scalar(query) or 0

    def marked_documents(self, project_id: int, limit: int) -> list[Document]:
        """The first documents in which everybody's labels have marked reasons."""
        query = select(DocumentTable.id).where(_is_marked(project_id)).order_by(DocumentTable.id).limit(limit)
        with self._reading() as session:
            return [document for _, document in _documents.load(session, session.scalars(query).all())]

    def undoes(self, document_id: int, layer: str = SHARED) -> Verb | None:
        """What an undo in a layer would take back; None if there is nothing. Raises NotFound."""
        with self._reading() as session:
            _documents.find_row(session, document_id)
            return _labelling.undoes(session, document_id, layer)


def _is_marked(project_id: int) -> ColumnElement[bool]:
    marks = (
        LabellingTable.document_id == DocumentTable.id,
        LabellingTable.layer == SHARED,
        cast(LabellingTable.reasons, Text) != "[]",
    )
    return and_(DocumentTable.project_id == project_id, exists().where(*marks))
