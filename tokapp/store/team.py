"""Working as a team: everybody's own version of the labels."""

from __future__ import annotations

from collections.abc import Iterator

from tokapp.documents import Document
from tokapp.store import layers as _layers
from tokapp.store.batches import batches
from tokapp.store.labelling_queue import LabellingQueue
from tokapp.store.values import Layer, Status, Version


class Team(LabellingQueue):
    """What several people need who label the same documents."""

    def layers(self, project_id: int) -> list[Layer]:
        """Who has labelled documents in a layer of their own, by name, with counts."""
        with self._reading() as session:
            return _layers.layers(session, project_id)

    def layer_documents(
        self, project_id: int, layer: str, *, batch: int = 500
    ) -> Iterator[tuple[int, Document, Status]]:
        """Ids, documents with the labels of a layer, and their status in it; one batch is in memory at a time."""
        with self._reading() as session:
            ids = _layers.document_ids(session, project_id, layer)
        for part in batches(ids, batch):
            with self._reading() as session:
                found = _layers.versions(session, part, layer)
            yield from ((one.document_id, one.document, one.status) for one in found)

    def versions(self, document_id: int) -> list[Version]:
        """A document as each person has it in their own layer, by name."""
        with self._reading() as session:
            return _layers.versions(session, [document_id])

    def to_adjudicate(self, project_id: int, *, batch: int = 500) -> Iterator[list[Version]]:
        """For each document that at least two people have submitted: the submitted versions, by name."""
        with self._reading() as session:
            ids = _layers.twice_finished(session, project_id)
        for part in batches(ids, batch):
            with self._reading() as session:
                found = [one for one in _layers.versions(session, part) if one.status == "labelled"]
            yield from ([one for one in found if one.document_id == pk] for pk in part)
