"""How likely a decision is, in log-odds, from the logits of the words that it is read off.

Log-odds and not probabilities: a sure label has flat probabilities, and its reasons would vanish. Everything here is
differentiable, so that the same formulas serve masked forwards and gradients.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from math import log, log1p

import torch
from torch import Tensor

from tokapp.documents import NOTHING, Target

_LEAST = 1e-6
LIMIT = log1p(-_LEAST) - log(_LEAST)
"""Log-odds beyond this are cut, as if probabilities stayed within [1e-6, 1 - 1e-6]."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which of the token classes speak for a target: those of its label, and of them those that only go on with a span.

    `world` has these and the ones that they stand against: all others, or those of one other label.
    """

    label: tuple[int, ...]
    goes_on: tuple[int, ...]
    world: tuple[int, ...]

    @classmethod
    def of(cls, tags: Sequence[str], target: Target) -> Columns:
        """The columns for class names such as ("O", "B-feature", "I-feature"); the first stands for no label."""
        known = {tag[2:] for tag in tags}
        names = target.label.split("+") if target.kind == "cut" and target.label not in known else [target.label]
        label = tuple(place for place, tag in enumerate(tags) if tag[2:] in names)
        goes_on = tuple(place for place in label if tags[place][0] in "IE")
        rivals = {"": range(len(tags)), NOTHING: (0,)}.get(target.against)
        if rivals is None:
            rivals = [place for place, tag in enumerate(tags) if tag[2:] == target.against]
        return cls(label, goes_on, tuple(sorted({*label, *rivals})))

    def without(self, columns: Sequence[int]) -> list[int]:
        """The world without some columns."""
        return [place for place in self.world if place not in columns]


def decide(target: Target, tags: Sequence[str], logits: Tensor) -> Tensor:
    """Log-odds [rows] of a target about a piece of the text, from logits [rows, words, classes], cut at LIMIT.

    `span`: the mean over its words of the log-odds of the label; `cut`: those at its token. `end`, whose words are the
    last one and the one behind: the probability that the last has the label and the next does not go on with it,
    P(L) (1 - P'(I-L)); every other class of the next word, also one that begins a span of the same label, leaves the
    end where it is. `start`, whose words are the first one and the one before: that the first one has the label and
    does not go on with a span before it, P(B-L) + P(I-L) (1 - P'(L)). With `against` all probabilities are those among
    the two labels' classes.
    """
    columns = Columns.of(tags, target)
    label, goes_on = columns.label, columns.goes_on
    if target.kind == "end":
        return _odds(_share(logits[:, 0], label, columns) + _share(logits[:, 1], columns.without(goes_on), columns))
    if target.kind == "start":
        here, before = logits[:, 0], logits[:, 1]
        begins = [place for place in label if place not in goes_on]
        ways = [_share(here, begins, columns)] if begins else []
        if goes_on:
            ways.append(_share(here, goes_on, columns) + _share(before, columns.without(label), columns))
        return _odds(reduce(torch.logaddexp, ways))
    return log_odds(logits, label, columns.without(label)).mean(dim=1)


def log_odds(logits: Tensor, columns: Sequence[int], rivals: Sequence[int]) -> Tensor:
    """Log-odds of the classes in `columns` together against `rivals`, from logits [..., classes]; cut at LIMIT."""
    inside, outside = (logits[..., list(some)].logsumexp(dim=-1) for some in (columns, rivals))
    return (inside - outside).clamp(-LIMIT, LIMIT)


def all_but(count: int, column: int) -> list[int]:
    """The other ones of `count` columns."""
    return [place for place in range(count) if place != column]


def _share(logits: Tensor, some: Sequence[int], columns: Columns) -> Tensor:
    """Logarithm of the probability of some classes among those of the world."""
    return logits[..., list(some)].logsumexp(dim=-1) - logits[..., list(columns.world)].logsumexp(dim=-1)


def _odds(logarithm: Tensor) -> Tensor:
    """Log-odds from the logarithm of a probability."""
    bounded = logarithm.clamp(log(_LEAST), log1p(-_LEAST))
    return bounded - torch.log(-torch.expm1(bounded))
