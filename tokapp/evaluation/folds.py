"""Which documents are trained on and which are judged on, in published protocols and by group."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, TypeAlias

from tokapp.documents import Document
from tokapp.errors import BadInput
from tokapp.evaluation.splits import components

Protocol: TypeAlias = Literal["groups", "bins", "leave-one-out"]

PROTOCOLS: dict[Protocol, str] = {
    "groups": "k folds of whole groups; copies stay together",
    "bins": "T-FREX in-domain: bins in which every category has its share; groups and copies stay together",
    "leave-one-out": "T-FREX out-of-domain: every category is once what is judged on",
}
"""Every protocol, and what it says about a model."""
VALIDATION = 0.15
"""Share of the groups that are trained on which a model is selected on instead."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Places of the documents of one turn; no group stands on two sides. A model is selected on `validation` alone."""

    name: str
    train: tuple[int, ...]
    validation: tuple[int, ...]
    test: tuple[int, ...]


def folds(documents: Sequence[Document], protocol: Protocol, *, count: int, category: str = "category") -> list[Fold]:
    """The turns of a protocol, the same ones for the same documents.

    "leave-one-out" has a turn for each of the `count` largest categories (`meta[category]`, 0: for all). Unlike the
    published bins, which part sentences, ours keep the sentences of a group together. Raises BadInput where there are
    too few groups or categories.
    """
    parts = components(documents)
    if protocol == "leave-one-out":
        return _one_out(documents, parts, count, category)
    turn_of = _dealt(documents, parts, count, (lambda one: _category(one, category)) if protocol == "bins" else None)
    turns = [[at for at, part in enumerate(parts) if turn_of[part] == turn] for turn in range(count)]
    return [_fold(f"{turn + 1} of {count}", test, parts) for turn, test in enumerate(turns)]


def _dealt(
    documents: Sequence[Document], parts: Sequence[int], count: int, stratum: Callable[[Document], str] | None
) -> dict[int, int]:
    """The turn of each part: within a stratum the largest first, each to the turn that has the fewest documents so far.

    Parts of equal size come in an order that nothing in the text decides.
    """
    members: dict[int, list[int]] = defaultdict(list)
    for at, part in enumerate(parts):
        members[part].append(at)
    if not 2 <= count <= len(members):
        raise BadInput(f"{count} folds need as many groups, and at least 2: there are {len(members)}")
    strata: dict[str, list[int]] = defaultdict(list)
    for part, places in members.items():
        strata[stratum(documents[places[0]]) if stratum else ""].append(part)
    whole, turn_of = [0] * count, dict[int, int]()
    for name in sorted(strata):
        filled = [0] * count
        for part in sorted(strata[name], key=lambda one: (-len(members[one]), _shuffled(documents[members[one][0]]))):
            turn = min(range(count), key=lambda at: (filled[at], whole[at], at))
            filled[turn] += len(members[part])
            whole[turn] += len(members[part])
            turn_of[part] = turn
    return turn_of


def _one_out(documents: Sequence[Document], parts: Sequence[int], count: int, category: str) -> list[Fold]:
    sizes = Counter(_category(one, category) for one in documents)
    if len(sizes) < 2:
        raise BadInput(f"leave-one-out needs documents of at least two categories in meta.{category}: name it")
    names = sorted(sizes, key=lambda name: (-sizes[name], name))[: count or None]
    return [
        _fold(name, [at for at, one in enumerate(documents) if _category(one, category) == name], parts)
        for name in names
    ]


def _fold(name: str, test: Sequence[int], parts: Sequence[int]) -> Fold:
    """What shares a group with the test documents is left out; part of the rest is kept to select on."""
    judged, taken = set(test), {parts[at] for at in test}
    rest = [at for at in range(len(parts)) if at not in judged and parts[at] not in taken]
    groups = list(dict.fromkeys(parts[at] for at in rest))
    every = round(1 / VALIDATION)
    kept = set(groups[every // 2 :: every] or groups[:1])
    train, validation = ([at for at in rest if (parts[at] in kept) == is_kept] for is_kept in (False, True))
    if not train or not validation:
        raise BadInput(
            f"fold {name} leaves too few groups to train and to select on: take fewer folds, or more documents"
        )
    return Fold(name, tuple(train), tuple(validation), tuple(test))


def _category(document: Document, name: str) -> str:
    return str(document.meta.get(name) or "none")


def _shuffled(document: Document) -> str:
    return sha256(f"fold:{document.hash}".encode()).hexdigest()
