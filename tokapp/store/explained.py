"""Reasons over a whole project, and the examples that people make from them."""

from __future__ import annotations

from collections.abc import Iterator

from tokapp.documents import Attribution
from tokapp.store import contrasts as _contrasts
from tokapp.store import explanations as _explanations
from tokapp.store.contrasts import Contrast
from tokapp.store.job_queue import JobQueue


class Explained(JobQueue):
    """Every stored reason of a model in a project, and contrast examples."""

    def iterate_attributions(
        self, project_id: int, model: str, *, batch: int = 200
    ) -> Iterator[tuple[int, str, Attribution]]:
        """Document ids and texts with each explanation of a model's decisions, by document.

        Memory holds one batch, no transaction stays open in between.
        """
        after = 0
        while True:
            with self._reading() as session:
                rows = _explanations.attributions_page(session, project_id, model, after=after, limit=batch)
            if not rows:
                return
            for number, pk, text, attribution in rows:
                after = number
                yield pk, text, attribution

    def attributions_state(self, project_id: int, model: str) -> tuple[int, str]:
        """How many explanations of a model there are in a project, and when the newest was stored; for caches."""
        with self._reading() as session:
            return _explanations.attributions_state(session, project_id, model)

    def add_contrast(self, original: int, contrast: Contrast, by: str) -> int:
        """Store a text that somebody changed by hand as a labelled document of the same group; gives its id.

        Raises BadInput, NotFound, UnknownLabel.
        """
        with self._writing() as session:
            return _contrasts.add_contrast(session, original, contrast, by)
