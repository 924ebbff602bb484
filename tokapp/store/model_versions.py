"""The model versions that the store knows, and which of them is in use for a task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tokapp.documents import Document, Json, Prediction
from tokapp.store import golden as _golden
from tokapp.store import lineage as _lineage
from tokapp.store import models as _models
from tokapp.store import predictions as _predictions
from tokapp.store import rules as _rules
from tokapp.store.labelling_queue import LabellingQueue
from tokapp.store.promotion_values import GoldenSet, Judgement, Promotion
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

    def promote(self, name: str, by: str, *, reason: str = "") -> ModelRow:
        """Make a model the one that its task uses; promoting the promoted one again changes nothing.

        Raises NotFound, and BadInput where a golden set does not let it through and no `reason` says why it is to be
        used all the same.
        """
        found = self.judgements(name)
        with self._writing() as session:
            return _golden.promote(session, name, by, reason, found)

    def rollback(self, task: str, by: str) -> ModelRow:
        """Go back to the model that was promoted before; raises NotFound if there was none."""
        with self._writing() as session:
            return _models.rollback(session, task, by)

    def archive(self, name: str, by: str) -> ModelRow:
        """Put a model away; raises BadInput for the promoted one."""
        with self._writing() as session:
            return _models.archive(session, name, by)

    def promotions(self, task: str) -> list[Promotion]:
        """Every time that a model of a task came into use or was put away, newest first."""
        with self._reading() as session:
            return _golden.promotions(session, task)

    def learnt_by(self, document_id: int) -> dict[int, tuple[str, ...]]:
        """The models that learnt what each event did to a document's shared labels, by the event's revision."""
        with self._reading() as session:
            return _lineage.learnt_by(session, document_id)

    # Golden sets

    def freeze_golden_set(self, project_id: int, by: str, ids: Sequence[int] | None = None) -> GoldenSet:
        """Keep labelled documents as they are now to judge models on: those, or all of the test part.

        Raises BadInput for documents that models learn from or that nobody finished, and where there are none.
        """
        with self._writing() as session:
            return _golden.freeze(session, project_id, ids, by)

    def golden_set(self, project_id: int) -> GoldenSet | None:
        """The golden set of a project that counts now."""
        with self._reading() as session:
            return _golden.golden_set(session, project_id)

    def golden_documents(self, golden: GoldenSet) -> dict[int, Document]:
        """The documents of a golden set by their ids, labelled as they were when it was frozen."""
        with self._reading() as session:
            return dict(_golden.golden_documents(session, golden))

    def predictions_among(self, ids: Sequence[int], model: str) -> dict[int, Prediction]:
        """What a model said about those of the documents that it has read, by their ids."""
        with self._reading() as session:
            return _golden.predictions_among(session, ids, model)

    def is_predicted(self, project_id: int) -> bool:
        """Whether any model has predicted anything in a project."""
        with self._reading() as session:
            return _predictions.is_predicted(session, project_id)

    def judgements(self, name: str) -> list[Judgement]:
        """What the golden sets of a model's task say about it beside the model in use; raises NotFound."""
        with self._reading() as session:
            return _golden.judgements(session, name)

    def promotion_margin(self, project_id: int) -> float:
        """How much F1 a label may lose on the golden set."""
        with self._reading() as session:
            return _rules.margin(session, project_id)

    def choose_promotion_margin(self, project_id: int, margin: float, by: str) -> None:
        """Choose how much F1 a label may lose on the golden set, 0 to 1; raises BadInput, NotFound."""
        with self._writing() as session:
            _rules.choose_margin(session, project_id, margin, by)
