"""What people tell each other: comments on spans and documents, and the guidelines of a project."""

from __future__ import annotations

from tokapp.documents import Span
from tokapp.store import comments as _comments
from tokapp.store import guidelines as _guidelines
from tokapp.store import project_settings as _project_settings
from tokapp.store import user_settings as _settings
from tokapp.store.guidance_values import Guidelines, Thread
from tokapp.store.labelling_queue import LabellingQueue
from tokapp.store.values import SHARED


class Guidance(LabellingQueue):
    """Comments, which only ever grow, and guidelines, of which every version is kept."""

    def comment(self, document_id: int, text: str, by: str, *, span: Span | None = None, layer: str = SHARED) -> Thread:
        """Begin a thread on a span, or on the whole document; raises NotFound, BadInput, BadSpan."""
        with self._writing() as session:
            return _comments.find(session, _comments.begin(session, document_id, text, by, span=span, layer=layer))

    def reply(self, thread_id: int, text: str, by: str) -> Thread:
        """Say something in a thread; raises NotFound, BadInput."""
        with self._writing() as session:
            _comments.add(session, thread_id, "say", by, text)
            return _comments.find(session, thread_id)

    def resolve(self, thread_id: int, by: str) -> Thread:
        """Say that a thread is dealt with; raises NotFound."""
        with self._writing() as session:
            if not _comments.find(session, thread_id).is_resolved:
                _comments.add(session, thread_id, "resolve", by)
            return _comments.find(session, thread_id)

    def reopen(self, thread_id: int, by: str) -> Thread:
        """Say that a thread is not dealt with after all; raises NotFound."""
        with self._writing() as session:
            if _comments.find(session, thread_id).is_resolved:
                _comments.add(session, thread_id, "reopen", by)
            return _comments.find(session, thread_id)

    def threads(self, document_id: int, layer: str | None = SHARED) -> list[Thread]:
        """The threads of a document's layer (None: of every layer): on the whole document first, then by place."""
        with self._reading() as session:
            return _comments.threads(session, document_id, layer)

    def commented(self, project_id: int) -> list[int]:
        """Ids of the documents that people see together and have commented on, ascending."""
        with self._reading() as session:
            return _comments.commented(session, project_id)

    def guidelines(self, project_id: int, version: int | None = None) -> Guidelines:
        """The newest guidelines, or that version of them; version 0 with an empty text where there are none."""
        with self._reading() as session:
            return _guidelines.guidelines(session, project_id, version)

    def guideline_versions(self, project_id: int) -> list[Guidelines]:
        """Every version of the guidelines, the newest first."""
        with self._reading() as session:
            return _guidelines.versions(session, project_id)

    def save_guidelines(self, project_id: int, text: str, by: str, *, seen: int) -> Guidelines:
        """Store the guidelines as they are after version `seen`; raises StaleRevision if somebody else saved first."""
        with self._writing() as session:
            return _guidelines.save(session, project_id, text, by, seen=seen)

    def guidelines_read(self, project_id: int, person: str) -> int:
        """The version that a person has read last; 0 if none."""
        with self._reading() as session:
            value = _settings.setting(session, person, f"guidelines_read_{project_id}")
        return value if isinstance(value, int) else 0

    def read_guidelines(self, project_id: int, person: str, version: int) -> None:
        """Remember that a person has read that version."""
        with self._writing() as session:
            _settings.save_setting(session, person, f"guidelines_read_{project_id}", version)

    def snap_pattern(self, project_id: int) -> str:
        """The regular expression whose matches are marked as a whole in a project; "" if none is set."""
        with self._reading() as session:
            return _project_settings.snap_pattern(session, project_id)

    def save_snap_pattern(self, project_id: int, pattern: str, by: str) -> None:
        """Set or, with "", take away that pattern; raises NotFound, BadInput if it is no regular expression."""
        with self._writing() as session:
            _project_settings.save_snap_pattern(session, project_id, pattern, by)
