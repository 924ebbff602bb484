"""The queue of documents that wait for a person."""

from __future__ import annotations

from collections.abc import Iterable

from tokapp.store import rankings as _rankings
from tokapp.store.batches import batches
from tokapp.store.job_queue import JobQueue
from tokapp.store.values import DocumentFilter, Order, Queued, Ranking

_ALL = DocumentFilter()


class LabellingQueue(JobQueue):
    """Which document is next, in an order that a person picks."""

    def save_ranking(
        self, project_id: int, name: str, scores: Iterable[tuple[int, float]], *, model: str | None = None
    ) -> Ranking:
        """Store an order of documents by score (each document once) in the place of the one before."""
        with self._writing() as session:
            ranking_id = _rankings.begin(session, project_id, name, model)
        for part in batches(scores, 5000):
            with self._writing() as session:
                _rankings.add_scores(session, ranking_id, part)
        with self._writing() as session:
            _rankings.complete(session, ranking_id)
            found = _rankings.ranking(session, project_id, name)
        assert found is not None
        return found

    def ranking(self, project_id: int, name: str) -> Ranking | None:
        """The order of that name, None if the documents have not been scored for it."""
        with self._reading() as session:
            return _rankings.ranking(session, project_id, name)

    def queue(
        self,
        project_id: int,
        order: Order,
        where: DocumentFilter = _ALL,
        *,
        limit: int = 50,
        person: str | None = None,
    ) -> list[Queued]:
        """The next documents among those that the filter lets through; raises NotFound for an order without scores.

        For a `person` those that were given to them come first, and those that were given to others not at all.
        """
        with self._reading() as session:
            return _rankings.queue(session, project_id, order, where, limit=limit, person=person)

    def next_in_queue(
        self,
        project_id: int,
        order: Order,
        where: DocumentFilter = _ALL,
        *,
        besides: int | None = None,
        person: str | None = None,
    ) -> int | None:
        """The first document of the queue that is not `besides`; None when nothing is left."""
        found = (one.document.id for one in self.queue(project_id, order, where, limit=2, person=person))
        return next((pk for pk in found if pk != besides), None)
