"""The model versions that the store knows, and which of them is in use for a task."""

from __future__ import annotations

from collections.abc import Mapping

from tokapp.documents import Json
from tokapp.store import models as _models
from tokapp.store.labelling_queue import LabellingQueue
from tokapp.store.values import ModelRow


class ModelVersions(LabellingQueue):
    """Registering, promoting, rolling back and putting away models; the weights are folders of the registry."""

    def add_model(
        self,
        name: str,
        task: str,
        *,
        parent: str | None = None,
        snapshot_id: int | None = None,
        project_id: int | None = None,
        is_built_in: bool = False,
        metrics: Mapping[str, Json] | None = None,
        recipe: Mapping[str, Json] | None = None,
    ) -> ModelRow:
        """Register a candidate, or bring a known one up to date; a task's first built-in model is promoted."""
        with self._writing() as session:
            return _models.add_model(
                session,
                name,
                task,
                parent=parent,
                snapshot_id=snapshot_id,
                project_id=project_id,
                is_built_in=is_built_in,
                metrics=metrics,
                recipe=recipe,
            )

    def models(self, task: str | None = None) -> list[ModelRow]:
        """Model versions, newest first."""
        with self._reading() as session:
            return _models.models(session, task)

    def model(self, name: str) -> ModelRow:
        """The model of that name; raises NotFound."""
        with self._reading() as session:
            return _models.model(session, name)

    def promoted(self, task: str) -> ModelRow | None:
        """The model that predicts for a task now."""
        with self._reading() as session:
            return _models.promoted(session, task)

    def promote(self, name: str, by: str) -> ModelRow:
        """Make a model the one that its task uses; raises NotFound."""
        with self._writing() as session:
            return _models.promote(session, name, by)

    def rollback(self, task: str, by: str) -> ModelRow:
        """Go back to the model that was promoted before; raises NotFound if there was none."""
        with self._writing() as session:
            return _models.rollback(session, task, by)

    def archive(self, name: str, by: str) -> ModelRow:
        """Put a model away; raises BadInput for the promoted one."""
        with self._writing() as session:
            return _models.archive(session, name, by)
