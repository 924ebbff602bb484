"""What becomes of suggestions: the ledger of decisions, and the wrong ones that are planted as checks."""

from __future__ import annotations

from tokapp.evaluation.decisions import Decision
from tokapp.store import decisions as _decisions
from tokapp.store import plants as _plants
from tokapp.store.labelling_queue import LabellingQueue
from tokapp.store.plants import CheckShare


class Suggested(LabellingQueue):
    """Decisions on suggestions as they stand, and checks whether people look before they accept."""

    def newest_event(self, project_id: int) -> int:
        """The id of the last thing that somebody did in a project; 0 if nothing. Until it grows, nothing changes."""
        with self._reading() as session:
            return _decisions.newest_event(session, project_id)

    def decisions(self, project_id: int) -> list[Decision]:
        """What became of every suggestion that somebody decided on, planted ones among them."""
        with self._reading() as session:
            return _decisions.decisions(session, project_id)

    def check_share(self, project_id: int) -> CheckShare:
        """In what share of the documents a wrong suggestion is planted; 0 unless somebody chose otherwise."""
        with self._reading() as session:
            return _plants.check_share(session, project_id)

    def choose_check_share(self, project_id: int, share: float, by: str) -> CheckShare:
        """Plant in that share of the documents from now on, at most a tenth; 0 ends it. Raises BadInput, NotFound."""
        with self._writing() as session:
            return _plants.choose_share(session, project_id, share, by)

    def planted_standing(self, project_id: int) -> list[int]:
        """Ids of the documents handed in with a planted suggestion: they do not count as labelled, ascending."""
        with self._reading() as session:
            return _plants.standing(session, project_id)
