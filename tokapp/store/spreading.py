"""Spreading documents evenly over people: pure, so that it can be shown before it is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tokapp.errors import BadInput


def spread(documents: Sequence[int], people: Sequence[str], copies: int) -> dict[int, tuple[str, ...]]:
    """For each document `copies` different people: nobody gets two more than another, and everybody meets everybody.

    Whoever has the fewest comes first, among these whoever was put together least with those chosen already, so that
    agreement can be measured between all pairs. Raises BadInput unless 1 <= copies <= len(people).
    """
    if not 1 <= copies <= len(people):
        raise BadInput(f"each document can be given to 1 to {len(people)} of these people, not to {copies}")
    load, together = Counter[str](), Counter[frozenset[str]]()
    shares: dict[int, tuple[str, ...]] = {}
    for document in documents:
        chosen: list[str] = []
        for _ in range(copies):
            chosen.append(_next(people, chosen, load, together))
        load.update(chosen)
        together.update(frozenset((one, other)) for at, one in enumerate(chosen) for other in chosen[:at])
        shares[document] = tuple(sorted(chosen))
    return shares


def _next(people: Sequence[str], chosen: list[str], load: Counter[str], together: Counter[frozenset[str]]) -> str:
    left = [name for name in people if name not in chosen]
    return min(left, key=lambda name: (load[name], sum(together[frozenset((name, other))] for other in chosen)))
