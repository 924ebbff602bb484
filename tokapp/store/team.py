"""Working as a team: everybody's own version of the labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from tokapp.documents import Document
from tokapp.errors import BadInput
from tokapp.store import assignments as _assignments
from tokapp.store import labelling as _labelling
from tokapp.store import layers as _layers
from tokapp.store.batches import batches
from tokapp.store.labelling_queue import LabellingQueue
from tokapp.store.spreading import spread
from tokapp.store.team_values import BlindRound, Given, Seat, Workload
from tokapp.store.values import Labelling, Layer, Mark, Status, Version

_BATCH = 2000


class Team(LabellingQueue):
    """What several people need who label the same documents."""

    def give(
        self,
        project_id: int,
        ids: Sequence[int],
        people: Sequence[str],
        *,
        copies: int | None = None,
        is_blind: bool = False,
        by: str = "",
    ) -> Given:
        """Give documents to people, each to `copies` of them (default: to all), evenly and in the order of `ids`.

        Blindly, everybody labels a version of their own that nobody else sees before all have handed in. Left out is
        what cannot be given so: openly what is done already, blindly what was given openly, and what all have handed
        in. Raises BadInput for nobody, a name twice, a number of copies that cannot be, or a blind version alone.
        """
        people, copies = _checked_people(people), len(people) if copies is None else copies
        if is_blind and copies < 2:
            raise BadInput("blind versions are there to be compared: give each document to two people or more")
        wanted = list(dict.fromkeys(ids))
        free = [pk for part in batches(wanted, _BATCH) for pk in self._givable(project_id, part, is_blind)]
        shares = spread(free, people, copies)
        new = [pair for part in batches(free, _BATCH) for pair in self._give(project_id, part, shares, is_blind, by)]
        counts, reached = Counter(person for _, person in new), {pk for pk, _ in new}
        return Given(len(reached), tuple((name, counts[name]) for name in people), len(wanted) - len(reached))

    def _givable(self, project_id: int, ids: Sequence[int], is_blind: bool) -> list[int]:
        with self._reading() as session:
            return _assignments.givable(session, project_id, ids, is_blind=is_blind)

    def _give(
        self, project_id: int, ids: Sequence[int], shares: Mapping[int, tuple[str, ...]], is_blind: bool, by: str
    ) -> list[tuple[int, str]]:
        with self._writing() as session:
            still = _assignments.givable(session, project_id, ids, is_blind=is_blind)
            new = _assignments.give(session, {pk: shares[pk] for pk in still}, is_blind=is_blind, by=by)
            if new:
                _assignments.note_given(session, project_id, new, is_blind=is_blind, by=by)
            return new

    def withdraw(self, project_id: int, person: str, ids: Sequence[int] | None = None, *, by: str = "") -> int:
        """Take back what waits for a person, of those documents or of the whole project; gives how many."""
        with self._writing() as session:
            return _assignments.withdraw(session, project_id, person, ids, by=by)

    def workloads(self, project_id: int) -> list[Workload]:
        """What everybody was given in a project, and how much of it is done, by name."""
        with self._reading() as session:
            return _assignments.workloads(session, project_id)

    def blind_rounds(self, project_id: int) -> list[BlindRound]:
        """Every document that was given out blindly, with how far each person is, by id."""
        with self._reading() as session:
            return _assignments.rounds(session, project_id)

    def to_decide(self, project_id: int) -> int:
        """How many documents wait for a reviewer: everybody has handed in, and nobody has decided."""
        with self._reading() as session:
            return _assignments.to_decide(session, project_id)

    def seat(self, document_id: int, person: str) -> Seat:
        """In which layer a person works on a document, and why they may not change it, if so."""
        with self._reading() as session:
            return _assignments.seat(session, document_id, person)

    def open_for(self, document_id: int, person: str) -> tuple[Labelling, Seat]:
        """A document as it opens for a person: in their own layer where it was given to them blindly."""
        with self._reading() as session:
            seat = _assignments.seat(session, document_id, person)
            return _labelling.open_for_labelling(session, document_id, layer=seat.layer), seat

    def layers(self, project_id: int) -> list[Layer]:
        """Who has labelled documents in a layer of their own, by name, with counts."""
        with self._reading() as session:
            return _layers.layers(session, project_id)

    def layer_documents(
        self, project_id: int, layer: str, *, batch: int = 500
    ) -> Iterator[tuple[int, Document, Status]]:
        """Ids, documents with the labels of a layer, and their status in it; one batch is in memory at a time."""
        with self._reading() as session:
            ids = _layers.document_ids(session, project_id, layer)
        for part in batches(ids, batch):
            with self._reading() as session:
                found = _layers.versions(session, part, layer)
            yield from ((one.document_id, one.document, one.status) for one in found)

    def versions(self, document_id: int) -> list[Version]:
        """A document as each person has it in their own layer, by name; none while somebody still labels it blindly."""
        with self._reading() as session:
            return _layers.versions(session, _layers.finished_among(session, [document_id]))

    def versions_of(self, ids: Sequence[int]) -> list[Version]:
        """The versions of all these documents, by document, then by name; none of those somebody still labels."""
        found: list[Version] = []
        for part in batches(ids, 500):
            with self._reading() as session:
                found += _layers.versions(session, _layers.finished_among(session, part))
        return found

    def ruled(self, ids: Sequence[int]) -> dict[int, frozenset[Mark]]:
        """Which differences between versions a reviewer has decided on, by document."""
        with self._reading() as session:
            return {pk: marks for part in batches(ids, 500) for pk, marks in _layers.ruled(session, part)}

    def to_adjudicate(self, project_id: int, *, batch: int = 500) -> Iterator[list[Version]]:
        """For each document that at least two people have submitted, and nobody still has to: the versions, by name."""
        with self._reading() as session:
            ids = sorted(session.scalars(_layers.twice_finished(project_id)))
        for part in batches(ids, batch):
            with self._reading() as session:
                found = [one for one in _layers.versions(session, part) if one.status == "labelled"]
            yield from ([one for one in found if one.document_id == pk] for pk in part)


def _checked_people(people: Sequence[str]) -> list[str]:
    for name in people:
        _labelling.check_layer(name)
    if not people or "" in people or len(set(people)) < len(people):
        raise BadInput("choose the people to give documents to, each once")
    return list(people)
