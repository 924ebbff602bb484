"""Pieces of a training batch: what does not fit into memory at once is learnt from row by row, as one step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from torch import Tensor


def rows_within(batch: Mapping[str, Tensor], budget: int | None) -> int:
    """How many rows of a padded batch have at most `budget` tokens together; at least 1, all with None."""
    rows, length = batch["input_ids"].shape
    return rows if budget is None else min(max(budget // length, 1), rows)


def cut(batch: Mapping[str, Tensor], rows: int) -> Iterator[dict[str, Tensor]]:
    """A batch as batches of at most so many rows, in order."""
    for start in range(0, len(batch["input_ids"]), rows):
        yield {name: tensor[start : start + rows] for name, tensor in batch.items()}
