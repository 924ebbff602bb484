"""What is marked in documents, in the words of their texts."""

from __future__ import annotations

from collections.abc import Sequence

from tokapp.store import documents as _documents
from tokapp.store import predictions as _predictions
from tokapp.store.job_queue import JobQueue


class Surfaces(JobQueue):
    """The marked words of a page of documents."""

    def surfaces(self, ids: Sequence[int], model: str | None) -> dict[int, tuple[str, ...]]:
        """What people marked, in reading order; where nobody has begun, what the model (if any) found."""
        with self._reading() as session:
            documents = dict(_documents.load(session, ids))
            untouched = [pk for pk, one in documents.items() if not one.spans and not one.is_reviewed]
            found = dict(_predictions.load(session, untouched, model)) if model is not None else {}
        spans = {pk: found[pk].spans if pk in found else one.spans for pk, one in documents.items()}
        return {pk: tuple(one.surface(span) for span in sorted(spans[pk])) for pk, one in documents.items()}
