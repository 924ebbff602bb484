"""What a masked forward is worth for a decision: one number per row, in log-odds, with gradients where asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from math import log, log1p
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tokapp.documents import Target
from tokapp.explanations.decisions import LIMIT, all_but, decide, log_odds
from tokapp.explanations.targets import asked_words, token_of
from tokapp.inference.decoding import followers
from tokapp.models.encoding import Encoding

if TYPE_CHECKING:
    from tokapp.models import TokenModel
    from tokapp.models.config import NetworkConfig
    from tokapp.models.network import Outputs

_NEVER = -1e4
"""A logit whose probability is exactly 0, and which still has a gradient."""


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Outputs of equal rows: `tokens` [rows, tokens, classes], `evidence` [rows, tokens, labels], `salience`."""

    tokens: Tensor | None
    evidence: Tensor | None
    salience: Tensor | None


Payoff: TypeAlias = Callable[[Sequence[Scores]], Tensor]
"""One number per row of the scores, float64; these are of the rows of a window, in their order."""
Shown: TypeAlias = tuple[Encoding, Scores]
"""A row with its scores while everything is shown."""


def read_scores(outputs: Outputs) -> Scores:
    """The outputs of a forward pass, on the CPU."""
    pieces = (outputs.token_logits, outputs.evidence, outputs.salience)
    tokens, evidence, salience = (None if piece is None else piece.cpu() for piece in pieces)
    return Scores(tokens, evidence, salience)


def payoff_of(model: TokenModel, target: Target, window: Sequence[Encoding], others: Sequence[Shown]) -> Payoff:
    """How much the scores of a window's rows speak for a target; `others` are the rows of the other windows."""
    config = model.config
    if target.has_place:
        return _word_payoff(config, target, window)
    if config.labels:
        return _head_payoff(config, target, window, others)
    return _highest_payoff(config, window, others, sign=1.0 if target.label == model.task.document_names[1] else -1.0)


def _word_payoff(config: NetworkConfig, target: Target, window: Sequence[Encoding]) -> Payoff:
    """Log-odds of what is decided at words; without a token head, of what the words vote for."""
    tags = config.classes or tuple(f"I-{label}" for label in config.labels)
    read = word_logits(config, window, asked_words(window[0], target))
    return lambda scores: decide(target, tags, read(scores))


def word_logits(config: NetworkConfig, window: Sequence[Encoding], words: NDArray[np.intp]) -> Payoff:
    """Reads the logits of words [rows, words, classes] off the rows of a window, as predictions have them.

    Words inside another one's token do not begin a span; of several chunks of passages those count at each word that
    the model's reducer is about.
    """
    places = [token_of(row) for row in window]
    shared = [torch.from_numpy(np.diff(place, prepend=-1)[words] == 0) for place in places]
    positions = [torch.from_numpy(place[words].astype(np.int64)) for place in places]

    def read(scores: Sequence[Scores]) -> Tensor:
        chunks = [_logits(config, *row) for row in zip(scores, positions, shared, strict=True)]
        return chunks[0] if len(chunks) == 1 else _deciding(config, torch.stack(chunks))

    return read


def _logits(config: NetworkConfig, scores: Scores, positions: Tensor, shared: Tensor) -> Tensor:
    calibration = config.calibration
    if scores.tokens is None:
        return _present(scores.evidence)[:, positions].double() / calibration.document_temperature
    logits = scores.tokens[:, positions].double() / calibration.temperature
    return torch.where(shared[:, None], _continued(logits, config.classes), logits) if shared.any() else logits


def _continued(logits: Tensor, classes: tuple[str, ...]) -> Tensor:
    """As `tokapp.inference.decoding.continue_spans`, for logits [..., classes]."""
    columns = list(logits.unbind(dim=-1))
    for begin, inside in followers(classes):
        columns[inside] = torch.logaddexp(columns[inside], columns[begin])
        columns[begin] = torch.full_like(columns[begin], _NEVER)
    return torch.stack(columns, dim=-1)


def _deciding(config: NetworkConfig, logits: Tensor) -> Tensor:
    """Of the logits of a window's rows [chunks, rows, words, classes] those that the reducer is about."""
    odds = logits[..., 1:].logsumexp(dim=-1) - logits[..., 0]
    decides = odds.argmax(dim=0) if config.shape.reducer == "max" else odds.argmin(dim=0)
    return logits.take_along_dim(decides[None, ..., None], dim=0)[0]


def _head_payoff(config: NetworkConfig, target: Target, window: Sequence[Encoding], others: Sequence[Shown]) -> Payoff:
    """Log-odds of a document label of an additive head, whose pool runs over all rows of a document."""
    column, count = config.labels.index(target.label), len(config.labels)
    rivals = [config.labels.index(target.against)] if target.against else all_but(count, column)
    elsewhere = [_owned(other, scores) for other, scores in others]

    def payoff(scores: Sequence[Scores]) -> Tensor:
        own = [_owned(row, one) for row, one in zip(window, scores, strict=True)]
        rows = len(own[0][0])
        pieces = [(votes.expand(rows, -1, -1), loud.expand(rows, -1)) for votes, loud in elsewhere]
        evidence, salience = (torch.cat(some, dim=1) for some in zip(*own, *pieces, strict=True))
        logits = torch.einsum("rt,rtl->rl", torch.softmax(salience, dim=1), evidence)
        return log_odds(logits / config.calibration.document_temperature, [column], rivals)

    return payoff


def _owned(row: Encoding, scores: Scores) -> tuple[Tensor, Tensor]:
    """Evidence [rows, tokens, labels] and salience [rows, tokens] of what a row owns."""
    mine = torch.from_numpy(np.flatnonzero(row.owned))
    return _present(scores.evidence)[:, mine].double(), _present(scores.salience)[:, mine].double()


def _highest_payoff(
    config: NetworkConfig, window: Sequence[Encoding], others: Sequence[Shown], *, sign: float
) -> Payoff:
    """Log-odds of a document label that comes from the word which is most probably inside of any span."""
    calibration = config.calibration
    threshold = min(calibration.thresholds.values(), default=0.5)
    shift = log(threshold) - log1p(-threshold)
    elsewhere = [_word_odds(config, other, scores) for other, scores in others]

    def payoff(scores: Sequence[Scores]) -> Tensor:
        own = [_word_odds(config, row, one) for row, one in zip(window, scores, strict=True)]
        highest = _highest(config, own)
        if elsewhere:
            highest = torch.maximum(highest, _highest(config, elsewhere))
        return sign * (highest - shift) / calibration.document_temperature

    return payoff


def _highest(config: NetworkConfig, odds: Sequence[Tensor]) -> Tensor:
    """The highest of all words [rows], each as the reducer has it; LIMIT's negative where there is none."""
    join = torch.fmax if config.shape.reducer == "max" else torch.fmin
    least = odds[0].new_full((len(odds[0]), 1), -LIMIT)
    return torch.cat((least, reduce(join, odds).nan_to_num(-LIMIT)), dim=1).amax(dim=1)


def _word_odds(config: NetworkConfig, row: Encoding, scores: Scores) -> Tensor:
    """Log-odds of each word to be inside of any span [rows, words]; nan for words that the row does not own."""
    mine = np.flatnonzero(row.word_index >= 0)
    logits = _present(scores.tokens)[:, torch.from_numpy(row.word_index[mine].astype(np.int64))].double()
    odds = log_odds(logits / config.calibration.temperature, range(1, len(config.classes)), [0])
    everywhere = odds.new_full((len(odds), len(row.words)), torch.nan)
    return everywhere.index_copy(1, torch.from_numpy(mine), odds)


def _present(scores: Tensor | None) -> Tensor:
    if scores is None:
        raise ValueError("the network lacks the head that this payoff reads")
    return scores
