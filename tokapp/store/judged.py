"""What models are judged on, and the test figures that were kept."""

from __future__ import annotations

from collections.abc import Mapping

from tokapp.documents import Json
from tokapp.evaluation.splits import Split
from tokapp.store import judging as _judging
from tokapp.store import sides as _sides
from tokapp.store.job_queue import JobQueue
from tokapp.store.judging import Origin, TestScore


class Judged(JobQueue):
    """Documents that were drawn at random, where judged documents come from, and test figures."""

    def mark_drawn(self, document_id: int, by: str) -> None:
        """Remember that the queue drew a document at random for somebody; raises NotFound."""
        with self._writing() as session:
            _judging.mark_drawn(session, document_id, by)

    def origins(self, project_id: int, split: Split) -> dict[int, Origin]:
        """Group, file and person of the labelled documents of a side, by id."""
        with self._reading() as session:
            return _judging.origins(session, project_id, split)

    def judging_stamp(self, project_id: int) -> tuple[int, str, int]:
        """Changes whenever a label or a prediction of a project does; for caches."""
        with self._reading() as session:
            return _judging.stamp(session, project_id)

    def straddling(self, project_id: int) -> list[int]:
        """Ids of the documents that would carry into training what is judged on; snapshots leave them out."""
        with self._reading() as session:
            return _sides.straddling(session, project_id)

    def keep_score(self, model: str, snapshot_id: int, figures: Mapping[str, Json], by: str) -> TestScore:
        """Keep the figures of a model on the test part of a snapshot; a second score is noted as such."""
        with self._writing() as session:
            return _judging.keep_score(session, model, snapshot_id, figures, by)

    def test_scores(self, model: str, snapshot_id: int | None = None) -> list[TestScore]:
        """Every test score of a model, the first one first."""
        with self._reading() as session:
            return _judging.test_scores(session, model, snapshot_id)
