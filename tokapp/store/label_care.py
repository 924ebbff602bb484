"""Adding labels, deleting them and bringing them back, with the count of what that touches."""

from __future__ import annotations

from tokapp.store import projects as _projects
from tokapp.store import retired as _retired
from tokapp.store.label_values import LabelUse, RetiredLabel
from tokapp.store.labelling_queue import LabellingQueue
from tokapp.store.values import Project
from tokapp.tasks import Label


class LabelCare(LabellingQueue):
    """Labels that are deleted for marking; nothing that has one is lost."""

    def add_label(self, project_id: int, label: Label, by: str, *, is_of_whole: bool = False) -> Project:
        """Let people mark with one more label, of spans or of whole documents; nothing else changes.

        Raises NotFound, and BadInput where its name or key is taken or its form is wrong.
        """
        with self._writing() as session:
            return _projects.add_label(session, project_id, label, by, is_of_whole=is_of_whole)

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
