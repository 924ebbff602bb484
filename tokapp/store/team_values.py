"""What leaves the store about working as a team: who was given what, and how far everybody is."""

from __future__ import annotations

from dataclasses import dataclass

from tokapp.store.values import SHARED, Status


@dataclass(frozen=True, slots=True)
class Given:
    """What giving out documents did: how many documents, to whom how many, and how many could not be given."""

    documents: int
    people: tuple[tuple[str, int], ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class Workload:
    """What a person was given in a project: how many documents, how many of them are done, how many are blind."""

    person: str
    given: int
    done: int
    blind: int

    @property
    def left(self) -> int:
        """Documents that wait for this person."""
        return self.given - self.done


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a person works on a document: in which layer, and why they may not change it (empty if they may).

    `people` are those who label it without seeing each other; `is_ready` says that all of them have handed in.
    """

    layer: str = SHARED
    closed: str = ""
    people: tuple[str, ...] = ()
    is_ready: bool = False


@dataclass(frozen=True, slots=True)
class BlindRound:
    """A document that several people label without seeing each other: how far each is ("new" before they began)."""

    document_id: int
    external_id: str
    preview: str
    states: tuple[tuple[str, Status], ...]
    is_decided: bool

    @property
    def is_ready(self) -> bool:
        """Whether everybody has handed in, so that a reviewer can decide."""
        return all(status in ("labelled", "skipped") for _, status in self.states)
