"""What the pages ask about people's marks of reasons; the marks themselves are part of the labels."""

from __future__ import annotations

from sqlalchemy import Text, cast, func, select

from tokapp.store import documents as _documents
from tokapp.store import labelling as _labelling
from tokapp.store.labelling_queue import LabellingQueue
from tokapp.store.tables import DocumentTable, LabellingTable
from tokapp.store.values import SHARED, Verb


class ReasonMarks(LabellingQueue):
    """Counts of marks, and whether the last change was one."""

    def count_marked(self, project_id: int) -> int:
        """How many labelled documents that models learn from have marked reasons."""
        query = (
            select(func.count())
            .select_from(DocumentTable)
            .join(LabellingTable, LabellingTable.document_id == DocumentTable.id)
            .where(
                DocumentTable.project_id == project_id,
                DocumentTable.status == "labelled",
                DocumentTable.split == "train",
                LabellingTable.layer == SHARED,
                cast(LabellingTable.reasons, Text) != "[]",
            )
        )
        with self._reading() as session:
            return session.scalar(query) or 0

    def undoes(self, document_id: int, layer: str = SHARED) -> Verb | None:
        """What an undo in a layer would take back; None if there is nothing. Raises NotFound."""
        with self._reading() as session:
            _documents.find_row(session, document_id)
            return _labelling.undoes(session, document_id, layer)
