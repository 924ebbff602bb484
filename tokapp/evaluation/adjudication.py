"""Where several people marked a text differently: the piles of spans that a reviewer decides on, one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from tokapp.documents import Span

Kind: TypeAlias = Literal["agreed", "only", "label", "edge", "both"]
Versions: TypeAlias = Mapping[str, Sequence[Span]]
"""Each person's spans of one document."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Spans that belong together, as each person has them (an empty tuple for somebody who marked nothing there).

    `kind` is "agreed" (everybody has the same), "only" (some marked it, all the same, the others nothing), "label" (the
    same range under different labels), "edge" (the same labels over different ranges), or "both".
    """

    kind: Kind
    start: int
    end: int
    by: Mapping[str, tuple[Span, ...]]

    @property
    def people(self) -> tuple[str, ...]:
        """Who marked anything there, by name."""
        return tuple(sorted(name for name, spans in self.by.items() if spans))

    @property
    def keys(self) -> frozenset[tuple[int, int, str]]:
        """The decisions in the pile; it is decided on when all of them are."""
        return frozenset(span.key for spans in self.by.values() for span in spans)

    @property
    def everything(self) -> tuple[Span, ...]:
        """What anybody marked there, each decision once, as the first by name marked it."""
        names = sorted(self.by, reverse=True)
        return tuple(sorted({span.key: span for name in names for span in self.by[name]}.values()))


def differences(versions: Versions) -> list[Difference]:
    """Every pile of spans in reading order; a pile holds one decision where all agree on it, else what overlaps.

    A span that everybody has is a pile of its own. The others are put together as long as spans of two different
    people share a character.
    """
    shared = set.intersection(*({span.key for span in spans} for spans in versions.values())) if versions else set()
    rest = sorted((span, name) for name, spans in versions.items() for span in spans if span.key not in shared)
    piles = [[(span, name) for name in versions for span in versions[name] if span.key == key] for key in shared]
    found = [_difference(pile, versions) for pile in [*piles, *_piles(rest)]]
    return sorted(found, key=lambda one: (one.start, one.end, sorted(span.key for s in one.by.values() for span in s)))


def decide(
    counting: Sequence[Span], piles: Sequence[Difference], pile: Difference, chosen: Sequence[Span]
) -> tuple[Span, ...]:
    """The spans that count after a reviewer has chosen for a pile: what counted there before makes way for it.

    Spans that belong to another of the `piles` stay, wherever they lie.
    """
    others = {key for one in piles if one != pile for key in one.keys}
    stays = [span for span in counting if span.key in others or not (span.start < pile.end and pile.start < span.end)]
    return together(stays, chosen)


def together(counting: Sequence[Span], more: Sequence[Span]) -> tuple[Span, ...]:
    """Spans of both, each decision once, in reading order."""
    return tuple(sorted({**{span.key: span for span in more}, **{span.key: span for span in counting}}.values()))


def disagreement(versions: Versions) -> float:
    """The share of piles that are not agreed on, from 0 to 1; 0 where nobody marked anything."""
    found = differences(versions)
    return sum(one.kind != "agreed" for one in found) / len(found) if found else 0.0


def _piles(marks: Sequence[tuple[Span, str]]) -> list[list[tuple[Span, str]]]:
    """Connected components of the graph in which spans of different people that overlap are neighbours."""
    piles: list[list[tuple[Span, str]]] = []
    for mark in marks:
        touched = [pile for pile in piles if any(_meet(mark, other) for other in pile)]
        piles = [pile for pile in piles if pile not in touched]
        piles.append([*(one for pile in touched for one in pile), mark])
    return piles


def _meet(one: tuple[Span, str], other: tuple[Span, str]) -> bool:
    return one[1] != other[1] and one[0].overlaps(other[0])


def _difference(pile: Sequence[tuple[Span, str]], versions: Versions) -> Difference:
    by = {name: tuple(sorted(span for span, owner in pile if owner == name)) for name in versions}
    start, end = min(span.start for span, _ in pile), max(span.end for span, _ in pile)
    return Difference(_kind(by), start, end, by)


def _kind(by: Mapping[str, tuple[Span, ...]]) -> Kind:
    marked = [spans for spans in by.values() if spans]
    if len({tuple(span.key for span in spans) for spans in marked}) == 1:
        return "agreed" if len(marked) == len(by) else "only"
    if len({tuple((span.start, span.end) for span in spans) for spans in marked}) == 1:
        return "label"
    if len({tuple(span.label for span in spans) for spans in marked}) == 1:
        return "edge"
    return "both"
