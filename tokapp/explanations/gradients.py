"""Integrated gradients: how steeply a decision rises with each word on the way from all hidden to all shown.

Sundararajan et al. 2017, "Axiomatic Attribution for Deep Networks", section 3, by Captum. The way is a straight line
between the embeddings of the mask token and those of the words; positions, special tokens and the length of a row stay
as they are, so that both ends are the very rows that all other methods know.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tokapp.errors import BadInput
from tokapp.explanations.payoffs import Scores, read_scores
from tokapp.explanations.views import View
from tokapp.models.device import batch_tokens
from tokapp.models.token_model import to_inputs

if TYPE_CHECKING:
    from tokapp.models import TokenModel

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Leg:
    """A row on its way: what runs from hidden to shown is its embeddings, and features where the model has any."""

    model: TokenModel
    view: View
    mask: int

    def ends(self) -> list[tuple[Tensor, Tensor]]:
        """What runs, all hidden and all shown, each [1, tokens, width]."""
        count = int(self.view.player_of.max(initial=-1)) + 1
        batch = self.view.masked(np.array([[False] * count, [True] * count]), mask=self.mask)
        inputs = to_inputs(batch, self.model.device)
        pairs = [self.model.embed(inputs.input_ids), inputs.features]
        return [(both[:1], both[1:]) for both in pairs if both is not None]

    def scores(self, running: Sequence[Tensor]) -> Scores:
        """What the model says about rows somewhere on the way, with gradients."""
        rows, count = len(running[0]), int(self.view.player_of.max(initial=-1)) + 1
        inputs = to_inputs(self.view.masked(np.ones((rows, count), np.bool_), mask=self.mask), self.model.device)
        return read_scores(self.model.forward_embedded(inputs, *running))

    def by_player(self, shares: Sequence[Tensor], players: int) -> Floats:
        """Shares [1, tokens, width] of what runs, summed to those of players [players]."""
        tokens = torch.stack([share[0].double().sum(dim=-1) for share in shares]).sum(dim=0).cpu().numpy()
        is_played = self.view.player_of >= 0
        values: Floats = np.zeros(players)
        np.add.at(values, self.view.player_of[is_played], tokens[is_played])
        return values


def integrate(
    legs: Sequence[Leg],
    worth: Callable[[Sequence[Scores]], Tensor],
    *,
    players: int,
    targets: int,
    steps: int,
    progress: Callable[[int], None] | None = None,
) -> Floats:
    """Values [players, targets] of what the scores of all legs are worth [rows, targets], by so many steps a target.

    Gauss-Legendre quadrature; `progress` gets the steps done so far, of all targets. Raises BadInput for a model or
    players that have no gradients.
    """
    from captum.attr import IntegratedGradients

    if not all(leg.view.has_gradients for leg in legs):
        raise BadInput(
            "this model compares the answer with its sources by counting words, which has no gradient; choose another "
            "method"
        )
    ends = [leg.ends() for leg in legs]
    sizes = [len(pairs) for pairs in ends]
    hidden, shown = (tuple(pair[side] for pairs in ends for pair in pairs) for side in (0, 1))

    def forward(*running: Tensor) -> Tensor:
        return worth([leg.scores(own) for leg, own in zip(legs, _split(running, sizes), strict=True)])

    most = max(batch_tokens(legs[0].model.device) // max(len(leg.view.row) for leg in legs), 1)
    explainer, values = IntegratedGradients(forward), np.zeros((players, targets))
    for target in range(targets):
        shares = explainer.attribute(shown, hidden, target=target, n_steps=steps, internal_batch_size=most)
        for leg, own in zip(legs, _split(shares, sizes), strict=True):
            values[:, target] += leg.by_player(own, players)
        if progress is not None:
            progress((target + 1) * steps)
    return values


def _split(shares: Sequence[Tensor], sizes: Sequence[int]) -> list[Sequence[Tensor]]:
    """What belongs to each leg."""
    stops = np.cumsum(sizes).tolist()
    return [shares[stop - size : stop] for size, stop in zip(sizes, stops, strict=True)]
