"""When trainings start by themselves, and what has happened since the last one."""

from __future__ import annotations

from datetime import datetime

from tokapp.documents import Json
from tokapp.store import training_rules as _rules
from tokapp.store import what_if as _what_if
from tokapp.store.labelling_queue import LabellingQueue
from tokapp.store.training_rules import TrainingRules
from tokapp.store.values import JobRow
from tokapp.store.what_if import Workers


class TrainingStarts(LabellingQueue):
    """The rules of a project, every choice of which stays stored, and the trainings that they start."""

    def training_rules(self, project_id: int) -> TrainingRules:
        """When a training of a project starts by itself; never unless somebody chose otherwise."""
        with self._reading() as session:
            return _rules.training_rules(session, project_id)

    def choose_training_rules(self, project_id: int, rules: TrainingRules, by: str) -> None:
        """Let rules count from now on; raises NotFound."""
        with self._writing() as session:
            _rules.choose(session, project_id, rules, by)

    def projects_with_training_rules(self) -> dict[int, TrainingRules]:
        """The rules of every project that has any."""
        with self._reading() as session:
            return _rules.projects_with_rules(session)

    def last_training(self, project_id: int) -> datetime | None:
        """When the newest training of a project was asked for, however it ended."""
        with self._reading() as session:
            return _rules.last_training(session, project_id)

    def corrections_since(self, project_id: int, moment: datetime | None) -> int:
        """How many corrections there were since then, in finished documents that models learn from."""
        with self._reading() as session:
            return _rules.corrections_since(session, project_id, moment)

    def start_training(self, project_id: int, payload: dict[str, Json]) -> JobRow | None:
        """Put a training in the queue; None if one of the project waits or runs already. Raises NotFound."""
        with self._writing() as session:
            return _rules.start(session, project_id, payload)

    def workers_of(self, project_id: int) -> Workers:
        """Who worked on what models learn from, and when: what a training can leave out."""
        with self._reading() as session:
            return _what_if.workers(session, project_id)
