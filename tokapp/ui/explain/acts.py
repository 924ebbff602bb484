"""What a person asks to do with words of the explained text, and the edit that it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypeAlias, cast, get_args
from uuid import uuid4

from tokapp.documents import Offset, Reason, Target
from tokapp.errors import BadInput
from tokapp.store import Edit

Act: TypeAlias = Literal["evidence", "none", "clear", "undo"]


def read_act(sent: object, words: Sequence[Offset]) -> tuple[Act, list[Offset]]:
    """What a browser asks to do, and the words that it is about as runs; raises BadInput for anything else."""
    verb, places = (sent.get("act"), sent.get("words")) if isinstance(sent, Mapping) else (None, None)
    if verb not in get_args(Act) or not isinstance(places, Sequence):
        raise BadInput("the browser asked for something unknown: reload the page")
    found = sorted({int(one) for one in places if isinstance(one, int | float) and 0 <= one < len(words)})
    return cast(Act, verb), _runs(found, words)


def _runs(places: Iterable[int], words: Sequence[Offset]) -> list[Offset]:
    """Ranges of neighbouring words."""
    runs: list[tuple[int, int]] = []
    for place in places:
        if runs and runs[-1][1] == place - 1:
            runs[-1] = (runs[-1][0], place)
        else:
            runs.append((place, place))
    return [(words[first][0], words[last][1]) for first, last in runs]


def edit_of(act: Act, ranges: Sequence[Offset], target: Target) -> Edit:
    """The edit of a document's labels that an act is."""
    if act == "undo":
        return Edit("undo", token=uuid4().hex)
    span = (target.start, target.end) if target.has_place else None
    reasons = tuple(Reason(*one, target.label, act == "evidence", span) for one in ranges)
    return Edit("clear_reasons" if act == "clear" else "mark_reasons", reasons=reasons, token=uuid4().hex)
