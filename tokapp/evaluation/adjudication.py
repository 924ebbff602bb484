"""Where several people marked a text differently: the piles of spans that a reviewer decides on, one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Literal, TypeAlias

from tokapp.documents import Span, wholes

Kind: TypeAlias = Literal["agreed", "only", "pieces", "label", "edge", "both"]
Versions: TypeAlias = Mapping[str, Sequence[Span]]
"""Each person's spans of one document."""
Shape: TypeAlias = tuple[tuple[int, int, str], ...]
"""What makes two spans the same decision: where their pieces lie, and which label."""
_Whole: TypeAlias = tuple[Span, ...]
"""A span with all of its pieces."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Spans that belong together, as each person has them (an empty tuple for somebody who marked nothing there).

    `kind` is "agreed" (everybody has the same), "only" (some marked it, all the same, the others nothing), "pieces"
    (the same words under the same labels, as other spans), "label" (the same range under different labels), "edge" (the
    same labels over different ranges), or "both".
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
    def shapes(self) -> frozenset[Shape]:
        """Whole spans in the pile, as they are told from others."""
        return frozenset(_shape(whole) for spans in self.by.values() for whole in wholes(spans))

    @property
    def everything(self) -> tuple[Span, ...]:
        """What anybody marked there, each decision once, as the first by name marked it."""
        found: tuple[Span, ...] = ()
        for name in sorted(self.by):
            found = together(found, self.by[name])
        return found

    def touches(self, spans: Sequence[Span]) -> bool:
        """Whether any of the spans shares a character with one of the pile."""
        return any(one.overlaps(span) for marked in self.by.values() for one in marked for span in spans)


def differences(versions: Versions) -> list[Difference]:
    """Every pile of spans in reading order; a pile holds one decision where all agree on it, else what overlaps.

    A span that everybody has is a pile of its own. The others are put together as long as spans of two different
    people share a character. All pieces of a span lie in the same pile.
    """
    marked = [(whole, name) for name, spans in versions.items() for whole in wholes(spans)]
    shapes = ({_shape(whole) for whole, owner in marked if owner == name} for name in versions)
    shared = set.intersection(*shapes) if versions else set()
    piles = [[one for one in marked if _shape(one[0]) == shape] for shape in shared]
    rest = sorted(one for one in marked if _shape(one[0]) not in shared)
    found = [_difference(pile, versions) for pile in [*piles, *_piles(rest)]]
    return sorted(found, key=lambda one: (one.start, one.end, sorted(span.key for s in one.by.values() for span in s)))


def decide(
    counting: Sequence[Span], piles: Sequence[Difference], pile: Difference, chosen: Sequence[Span]
) -> tuple[Span, ...]:
    """The spans that count after a reviewer has chosen for a pile: what counted there before makes way for it.

    Spans that belong to another of the `piles` stay, wherever they lie. A span comes and goes with all of its pieces.
    """
    others = {shape for one in piles if one != pile for shape in one.shapes}
    stays = [whole for whole in wholes(counting) if _shape(whole) in others or not pile.touches(whole)]
    return together([piece for whole in stays for piece in whole], chosen)


def together(counting: Sequence[Span], more: Sequence[Span]) -> tuple[Span, ...]:
    """Spans of both, each decision once, in reading order."""
    there, used = {_shape(whole) for whole in wholes(counting)}, {span.group for span in counting}
    fresh = {_shape(whole): whole for whole in reversed(wholes(more)) if _shape(whole) not in there}
    return tuple(sorted([*counting, *(piece for whole in fresh.values() for piece in _apart(whole, used))]))


def disagreement(versions: Versions) -> float:
    """The share of piles that are not agreed on, from 0 to 1; 0 where nobody marked anything."""
    found = differences(versions)
    return sum(one.kind != "agreed" for one in found) / len(found) if found else 0.0


def _shape(whole: _Whole) -> Shape:
    return tuple(piece.key for piece in whole)


def _apart(whole: _Whole, used: set[str]) -> _Whole:
    """The same span under a name of its pieces that no other span has: two people may have grown the same one."""
    name = whole[0].group
    while name and name in used:
        name = sha256(name.encode()).hexdigest()[:8]
    used.add(name)
    return tuple(replace(piece, group=name) for piece in whole)


def _piles(marks: Sequence[tuple[_Whole, str]]) -> list[list[tuple[_Whole, str]]]:
    """Connected components of the graph in which spans of different people that overlap are neighbours."""
    piles: list[list[tuple[_Whole, str]]] = []
    for mark in marks:
        touched = [pile for pile in piles if any(_meet(mark, other) for other in pile)]
        piles = [pile for pile in piles if pile not in touched]
        piles.append([*(one for pile in touched for one in pile), mark])
    return piles


def _meet(one: tuple[_Whole, str], other: tuple[_Whole, str]) -> bool:
    return one[1] != other[1] and any(piece.overlaps(another) for piece in one[0] for another in other[0])


def _difference(pile: Sequence[tuple[_Whole, str]], versions: Versions) -> Difference:
    by = {name: tuple(sorted(piece for whole, owner in pile if owner == name for piece in whole)) for name in versions}
    pieces = [piece for whole, _ in pile for piece in whole]
    return Difference(_kind(by), min(piece.start for piece in pieces), max(piece.end for piece in pieces), by)


def _kind(by: Mapping[str, tuple[Span, ...]]) -> Kind:
    marked = [spans for spans in by.values() if spans]
    if len({frozenset(_shape(whole) for whole in wholes(spans)) for spans in marked}) == 1:
        return "agreed" if len(marked) == len(by) else "only"
    if len({frozenset(span.key for span in spans) for spans in marked}) == 1:
        return "pieces"
    if len({tuple((span.start, span.end) for span in spans) for spans in marked}) == 1:
        return "label"
    if len({frozenset(span.label for span in spans) for spans in marked}) == 1:
        return "edge"
    return "both"
