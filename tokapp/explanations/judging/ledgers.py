"""What is found about one document while explanations are judged: plain numbers, which a job can keep in a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields

from tokapp.explanations.judging.plausibility import MarkedWords


@dataclass(slots=True)
class MethodLedger:
    """What one method's attributions were measured at: a number for each decision and seed, None where undefined."""

    errors: list[float | None] = field(default_factory=list)
    errors_long: list[float | None] = field(default_factory=list)
    comprehensiveness: list[float | None] = field(default_factory=list)
    sufficiency: list[float | None] = field(default_factory=list)
    stability: list[float | None] = field(default_factory=list)
    marked: list[MarkedWords] = field(default_factory=list)
    evaluations: list[float | None] = field(default_factory=list)

    @classmethod
    def of(cls, ledgers: Sequence[DocumentLedger], method: str) -> MethodLedger:
        """The entries of one method in several documents, one after another."""
        own = [one.methods[method] for one in ledgers]
        return cls(*([entry for one in own for entry in getattr(one, part.name)] for part in fields(cls)))


@dataclass(slots=True)
class DocumentLedger:
    """The entries about one document: `enumerated` decisions with all coalitions as their reference, and for each
    other one the split-half error of its reference.
    """

    methods: dict[str, MethodLedger]
    enumerated: int = 0
    reference_errors: list[float | None] = field(default_factory=list)

    @property
    def decisions(self) -> int:
        """How many decisions were judged."""
        return self.enumerated + len(self.reference_errors)
