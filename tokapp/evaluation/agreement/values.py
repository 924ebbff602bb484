"""What agreement is measured on: who said what about which text, and when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations
from typing import TypeAlias

from tokapp.documents import Span

Annotations: TypeAlias = Mapping[str, Mapping[str, tuple[Span, ...]]]
"""Spans by person and document id; a document that a person has not annotated is missing, not empty."""

Moments: TypeAlias = Mapping[str, Mapping[str, datetime]]
"""When each person finished each document, by person and document id."""


@dataclass(frozen=True, slots=True)
class Study:
    """Texts by document id with the annotations of them; `moments` are needed only for agreement over time."""

    texts: Mapping[str, str]
    annotations: Annotations
    moments: Moments = field(default_factory=dict)

    @property
    def persons(self) -> tuple[str, ...]:
        """Everybody who annotated anything, by name."""
        return tuple(sorted(name for name, documents in self.annotations.items() if documents))

    @property
    def labels(self) -> tuple[str, ...]:
        """Every label that anybody gave, by name."""
        spans = (span for documents in self.annotations.values() for found in documents.values() for span in found)
        return tuple(sorted({span.label for span in spans}))

    def shared(self, persons: Sequence[str], *, least: int = 2) -> tuple[str, ...]:
        """Ids of the documents that at least `least` of the persons annotated, in order."""
        numbers = {key: sum(key in self.annotations.get(name, ()) for name in persons) for key in self.texts}
        return tuple(sorted(key for key, number in numbers.items() if number >= least))

    def only(
        self, *, persons: Iterable[str] | None = None, documents: Iterable[str] | None = None, label: str | None = None
    ) -> Study:
        """The part of the study that is about these persons, documents and this label."""
        names = self.persons if persons is None else tuple(persons)
        keys = self.texts.keys() if documents is None else self.texts.keys() & set(documents)
        kept = {name: _kept(self.annotations.get(name, {}), keys, label) for name in names}
        return Study({key: self.texts[key] for key in sorted(keys)}, kept, self.moments)


def pairs(persons: Sequence[str]) -> list[tuple[str, str]]:
    """Every two persons once."""
    return list(combinations(persons, 2))


def _kept(found: Mapping[str, tuple[Span, ...]], keys: Iterable[str], label: str | None) -> dict[str, tuple[Span, ...]]:
    return {
        key: tuple(span for span in found[key] if label is None or span.label == label)
        for key in sorted(keys)
        if key in found
    }
