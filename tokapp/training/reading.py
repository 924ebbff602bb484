"""Reading examples without learning from them: what the network says about each as it is now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from tokapp.models.network import Outputs
from tokapp.training.examples import IGNORED, Example
from tokapp.training.state import TrainingState
from tokapp.training.weighing import word_losses

_ROWS = 32


def read(
    state: TrainingState, examples: Sequence[Example], *, progress: Callable[[int], None] | None = None
) -> Iterator[tuple[Sequence[int], Outputs]]:
    """Outputs for all examples, with their numbers, in batches that only the examples decide; dropout is off.

    `progress` is called with the number of examples that were read; it may raise.
    """
    model, order = state.model(), sorted(range(len(examples)), key=lambda number: -len(examples[number].row))
    for start in range(0, len(order), _ROWS):
        numbers = order[start : start + _ROWS]
        batch = model.collate([examples[number].row for number in numbers])
        yield numbers, model.forward(replace(batch, sentences=None))  # in training every word speaks for itself
        if progress is not None:
            progress(start + len(numbers))


def read_losses(
    state: TrainingState, examples: Sequence[Example], *, progress: Callable[[int], None] | None = None
) -> list[Tensor]:
    """For each example, the cross-entropy of its learnt words [words] on the CPU."""
    losses = [torch.zeros(0)] * len(examples)
    for numbers, outputs in read(state, examples, progress=progress):
        assert outputs.token_logits is not None
        length = outputs.token_logits.shape[1]
        for row, number in enumerate(numbers):
            targets = torch.full((1, length), IGNORED)
            targets[0, : len(examples[number].tokens)] = torch.from_numpy(examples[number].tokens)
            found = word_losses(outputs.token_logits[row : row + 1].cpu(), targets)
            losses[number] = found[targets != IGNORED].clone()
    return losses
