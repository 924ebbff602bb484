"""Deleting labels and bringing them back, with the count of what that touches."""

from __future__ import annotations

from tokapp.store import retired as _retired
from tokapp.store.label_values import LabelUse, RetiredLabel
from tokapp.store.labelling_queue import LabellingQueue


class LabelCare(LabellingQueue):
    """Labels that are deleted for marking; nothing that has one is lost."""

    def label_use(self, project_id: int, name: str) -> LabelUse:
        """How many of people's spans, suggestions, documents and models use a label."""
        with self._reading() as session:
            return _retired.label_use(session, project_id, name)

    def retired_labels(self, project_id: int) -> dict[str, RetiredLabel]:
        """The labels that are deleted now, by name."""
        with self._reading() as session:
            return _retired.retired_labels(session, project_id)

    def retire_label(self, project_id: int, name: str, by: str, *, is_kept: bool) -> None:
        """Hide a label for marking; `is_kept` says what exports and training sets make of it.

        Raises NotFound, UnknownLabel, BadInput for the last label.
        """
        with self._writing() as session:
            _retired.retire(session, project_id, name, by, is_kept=is_kept)

    def restore_label(self, project_id: int, name: str, by: str) -> None:
        """Let people mark with a deleted label again; raises BadInput if it is not deleted."""
        with self._writing() as session:
            _retired.restore(session, project_id, name, by)
