"""Running a padded batch in pieces where a device's memory does not hold it at once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import fields, replace

import torch
from torch import Tensor

from tokapp.errors import ModelError
from tokapp.models.device import free_memory, is_out_of_memory
from tokapp.models.encoding import Batch
from tokapp.models.network import Outputs

_LOG = logging.getLogger(__name__)


def rows_within(rows: int, length: int, budget: int | None) -> int:
    """How many of `rows` rows of `length` tokens have at most `budget` tokens; at least 1, all of them with None."""
    return rows if budget is None else min(max(budget // length, 1), rows)


class InPieces:
    """Runs batches and learns how many tokens fit: half of what did not is the budget from then on.

    That is a warning in the log, which a job shows to people.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._budget: int | None = None

    def run(self, forward: Callable[[Batch], Outputs], batch: Batch) -> Outputs:
        """Outputs of a batch; raises ModelError if one of its rows does not fit alone."""
        parts: list[Outputs] = []
        start, (rows, length) = 0, batch.input_ids.shape
        while start < rows:
            count = rows_within(rows - start, length, self._budget)
            part = _try(forward, _cut(batch, slice(start, start + count)))
            if part is None:
                self._budget = count * length // 2
                free_memory(self._device)
                _LOG.warning(
                    "memory of %s ran out with %d tokens at once; from now on there are at most %d",
                    self._device,
                    count * length,
                    self._budget,
                )
            else:
                parts.append(part)
                start += count
        return _join(parts)


def _try(forward: Callable[[Batch], Outputs], batch: Batch) -> Outputs | None:
    """None when memory ran out: the error is gone by then, and with it the tensors that its frames held."""
    try:
        return forward(batch)
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        rows, length = batch.input_ids.shape
        if rows == 1:
            raise ModelError(f"a row of {length} tokens does not fit into memory; use a smaller model") from error
    return None


def _cut(batch: Batch, rows: slice) -> Batch:
    arrays = {field.name: getattr(batch, field.name) for field in fields(batch)}
    return replace(batch, **{name: array[rows] for name, array in arrays.items() if array is not None})


def _join(parts: Sequence[Outputs]) -> Outputs:
    if len(parts) == 1:
        return parts[0]
    return Outputs(*(_joined([getattr(part, field.name) for part in parts]) for field in fields(Outputs)))


def _joined(tensors: Sequence[Tensor | None]) -> Tensor | None:
    present = [tensor for tensor in tensors if tensor is not None]
    return torch.cat(present) if present else None
