"""Scores of masked rows that were evaluated before, so that no coalition of a text is evaluated twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tokapp.explanations.game import masked_scores
from tokapp.explanations.payoffs import Scores
from tokapp.explanations.views import View

if TYPE_CHECKING:
    from tokapp.models import TokenModel
    from tokapp.models.encoding import Encoding

KEPT_BYTES = 64 << 20
"""How much is kept of one document: 10,000 rows of 512 tokens with three classes."""

_READ_AT_ONCE = 256

Pieces: TypeAlias = tuple[Tensor | None, ...]
"""The fields of one row's `Scores`, in their order, without the axis of rows."""


class Memory:
    """What `masked_scores` said, by views and coalition; `ask` can stand in for it.

    Beyond `limit` bytes nothing more is kept: such rows are evaluated again when they are asked for again. What was
    evaluated before the reader of `ask` stopped stays. Views are told apart by the identity of their rows, which have
    to be those of the same `Seat`. Threads may share it; at worst both evaluate a row.
    """

    def __init__(self, limit: int = KEPT_BYTES) -> None:
        self._limit = limit
        self._kept: dict[tuple[tuple[int, bytes], ...], dict[bytes, list[Pieces]]] = {}
        self._alive: dict[int, Encoding] = {}  # so that no other row can ever have the identity of one that is known
        self.size = 0
        """Bytes of the scores that are kept."""

    def ask(
        self, model: TokenModel, views: Sequence[View], shown: NDArray[np.bool_]
    ) -> Iterator[tuple[slice, list[Scores]]]:
        """As `masked_scores`, without forward passes for what is known."""
        self._alive |= {id(view.row): view.row for view in views}
        kept = self._kept.setdefault(tuple((id(view.row), view.player_of.tobytes()) for view in views), {})
        keys = [coalition.tobytes() for coalition in np.packbits(shown, axis=1)]
        for is_known, run in groupby(range(len(keys)), key=lambda row: keys[row] in kept):
            rows = list(run)
            if is_known:
                yield from _recall(kept, keys, rows)
                continue
            for some, scores in masked_scores(model, views, shown[rows]):
                part = slice(rows[0] + some.start, rows[0] + some.stop)
                self._keep(kept, keys[part], scores)
                yield part, scores

    def _keep(self, kept: dict[bytes, list[Pieces]], keys: Sequence[bytes], scores: Sequence[Scores]) -> None:
        for key, *views in zip(keys, *map(_rows, scores), strict=True):
            size = sum(piece.nbytes for pieces in views for piece in pieces if piece is not None)
            if key not in kept and self.size + size <= self._limit:
                kept[key] = views
                self.size += size


def _recall(
    kept: dict[bytes, list[Pieces]], keys: Sequence[bytes], rows: Sequence[int]
) -> Iterator[tuple[slice, list[Scores]]]:
    for start in range(rows[0], rows[-1] + 1, _READ_AT_ONCE):
        some = slice(start, min(start + _READ_AT_ONCE, rows[-1] + 1))
        yield some, [_stack(views) for views in zip(*(kept[key] for key in keys[some]), strict=True)]


def _rows(scores: Scores) -> list[Pieces]:
    """Every row by itself."""
    whole = (scores.tokens, scores.evidence, scores.salience)
    count = next(len(piece) for piece in whole if piece is not None)
    columns = [[None] * count if piece is None else piece.unbind() for piece in whole]
    return list(zip(*columns, strict=True))


def _stack(rows: Sequence[Pieces]) -> Scores:
    """Rows as they were together."""
    tokens, evidence, salience = (
        None if pieces[0] is None else torch.stack(pieces) for pieces in zip(*rows, strict=True)
    )
    return Scores(tokens, evidence, salience)
