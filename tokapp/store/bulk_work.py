"""Working on many documents at once: what it would touch, doing it, and undoing it as one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tokapp.store import bulk as _bulk
from tokapp.store import hits as _hits
from tokapp.store.batches import batches
from tokapp.store.bulk_values import Bulk, BulkVerb, Hit, Outcome, Piece, SuggestionFilter, Way
from tokapp.store.labelling_queue import LabellingQueue
from tokapp.store.values import SHARED

_CHUNK = 100


class BulkWork(LabellingQueue):
    """Actions on many documents: previewed, stored before they are done, cut into short transactions."""

    def suggestion_hits(
        self, project_id: int, where: SuggestionFilter, *, layer: str = SHARED, batch: int = 200
    ) -> Iterator[Hit]:
        """Every open suggestion that the filter lets through, by document, then in reading order."""
        with self._reading() as session:
            ids = _hits.with_suggestions(session, project_id, where)
        for part in batches(ids, batch):
            with self._reading() as session:
                found = list(_hits.suggestions(session, project_id, part, where, layer))
            yield from found

    def piece_hits(self, project_id: int, piece: Piece, *, layer: str = SHARED, batch: int = 200) -> Iterator[Hit]:
        """Every place of a piece of text that is not marked with its label yet, by document, then in reading order."""
        with self._reading() as session:
            ids = _hits.with_piece(session, project_id, piece)
        for part in batches(ids, batch):
            with self._reading() as session:
                found = list(_hits.places(session, part, piece, layer))
            yield from found

    def begin_bulk(self, project_id: int, verb: BulkVerb, hits: Iterable[Hit], *, by: str, layer: str = SHARED) -> Bulk:
        """Store what is to be done to which spans; `run_bulk` does it. Raises BadInput without hits, NotFound."""
        with self._writing() as session:
            return _bulk.find(session, _bulk.begin(session, project_id, verb, by, hits, layer=layer))

    def turn_bulk(self, bulk_id: int, way: Way, *, by: str) -> Bulk:
        """Begin to undo an action as one ("undo"), or to do it again ("redo"); `run_bulk` does it. Raises NotFound."""
        with self._writing() as session:
            _bulk.turn(session, bulk_id, way, by)
            return _bulk.find(session, bulk_id)

    def run_bulk(self, bulk_id: int, *, by: str, size: int = _CHUNK) -> Bulk:
        """Go on with an action in the next `size` documents that wait, in one transaction; raises NotFound.

        Of a document that was changed since nothing is touched. Call it until none waits; it may be interrupted.
        """
        with self._writing() as session:
            _bulk.step(session, bulk_id, by, size)
            session.flush()
            return _bulk.find(session, bulk_id)

    def bulk(self, bulk_id: int) -> Bulk:
        """The action of that id; raises NotFound."""
        with self._reading() as session:
            return _bulk.find(session, bulk_id)

    def bulks(self, project_id: int, limit: int = 20) -> list[Bulk]:
        """The last actions on many documents of a project, newest first."""
        with self._reading() as session:
            return _bulk.bulks(session, project_id, limit)

    def bulk_documents(self, bulk_id: int, *outcomes: Outcome, limit: int = 50) -> list[tuple[int, str]]:
        """Ids and names of the documents of which one of these became in an action, ascending."""
        with self._reading() as session:
            return _bulk.documents_with(session, bulk_id, outcomes, limit)

    def bulk_to_turn(self, document_id: int, way: Way, *, layer: str = SHARED) -> Bulk | None:
        """The action on many documents that an undo or redo in this one would turn back, None if it is none."""
        with self._reading() as session:
            found = _bulk.next_turn(session, document_id, way, layer)
            return None if found is None else _bulk.find(session, found)
