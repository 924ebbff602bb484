"""What a masked forward is worth for a decision: one number per row, in log-odds.

Log-odds and not probabilities: a sure label has flat probabilities, and its reasons would vanish.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tokapp.documents import Document, Target
from tokapp.errors import BadInput, BadSpan, UnknownLabel
from tokapp.models.encoding import Encoding

if TYPE_CHECKING:
    from tokapp.models import Model, TokenModel
    from tokapp.models.config import NetworkConfig
    from tokapp.models.network import Outputs

Floats = NDArray[np.float64]

LIMIT = float(np.log((1 - 1e-6) / 1e-6))
"""Log-odds beyond this are cut, as if probabilities stayed within [1e-6, 1 - 1e-6]."""


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Outputs of equal rows: `tokens` [rows, tokens, classes], `evidence` [rows, tokens, labels], `salience`."""

    tokens: Floats | None
    evidence: Floats | None
    salience: Floats | None


Payoff: TypeAlias = Callable[[Sequence[Scores]], Floats]
"""One number per row of the scores; these are of the rows of a window, in their order."""
Shown: TypeAlias = tuple[Encoding, Scores]
"""A row with its scores while everything is shown."""


def read_scores(outputs: Outputs) -> Scores:
    """The outputs of a forward pass as float64 arrays."""
    pieces = (outputs.token_logits, outputs.evidence, outputs.salience)
    tokens, evidence, salience = (None if piece is None else piece.cpu().numpy().astype(float) for piece in pieces)
    return Scores(tokens, evidence, salience)


def log_odds(logits: Floats, columns: Sequence[int]) -> Floats:
    """Log-odds of the classes in `columns` together against all others, from logits [..., classes]; cut at LIMIT."""
    is_in = np.zeros(logits.shape[-1], dtype=np.bool_)
    is_in[list(columns)] = True
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    inside, outside = shifted[..., is_in].sum(axis=-1), shifted[..., ~is_in].sum(axis=-1)
    with np.errstate(divide="ignore"):
        odds: Floats = np.clip(np.log(inside) - np.log(outside), -LIMIT, LIMIT)
    return odds


def check_target(model: Model, document: Document, target: Target) -> None:
    """Raise BadSpan or UnknownLabel for a target that this model cannot have decided about this document."""
    if target.kind not in ("span", "document") or target.against or target.over != "text":
        raise BadInput("this version explains labels of spans and documents by the words of the text")
    labels = model.document_labels if target.kind == "document" else model.span_labels
    if target.kind == "span":
        if not 0 <= target.start < target.end <= len(document.text):
            raise BadSpan(
                f"the span [{target.start}, {target.end}) lies outside of the text ({len(document.text)} characters)"
            )
        if not document.text[target.start : target.end].strip():
            raise BadSpan(f"the span [{target.start}, {target.end}) holds no word; choose one that does")
    if target.label not in labels:
        known = ", ".join(labels) or "none"
        raise UnknownLabel(f"model {model.name} knows no {target.kind} label {target.label!r}; it knows: {known}")


def span_words(row: Encoding, target: Target) -> NDArray[np.intp]:
    """Words of a span whose first token this row owns."""
    words = np.asarray(row.words, dtype=np.int64).reshape(-1, 2)
    inside = (words[:, 0] < target.end) & (words[:, 1] > target.start) & (row.word_index >= 0)
    return np.flatnonzero(inside)


def payoff_of(model: TokenModel, target: Target, window: Sequence[Encoding], others: Sequence[Shown]) -> Payoff:
    """How much the scores of a window's rows speak for a target; `others` are the rows of the other windows."""
    config = model.config
    if target.kind == "span":
        return _span_payoff(config, target, window)
    if config.labels:
        return _head_payoff(config, target.label, window, others)
    return _highest_payoff(config, window, others, sign=1.0 if target.label == model.task.document_names[1] else -1.0)


def _span_payoff(config: NetworkConfig, target: Target, window: Sequence[Encoding]) -> Payoff:
    """Mean over the span's words of the log-odds of its label; without a token head, of what the words vote for."""
    names = [name[2:] for name in config.classes] or list(config.labels)
    columns = [index for index, name in enumerate(names) if name == target.label]
    words = span_words(window[0], target)

    def payoff(scores: Sequence[Scores]) -> Floats:
        odds = [_odds(config, one, row.word_index[words], columns) for row, one in zip(window, scores, strict=True)]
        mean: Floats = _reducer(config).reduce(odds).mean(axis=1)
        return mean

    return payoff


def _odds(config: NetworkConfig, scores: Scores, positions: NDArray[np.int32], columns: Sequence[int]) -> Floats:
    if scores.tokens is not None:
        return log_odds(scores.tokens[:, positions] / config.calibration.temperature, columns)
    return log_odds(_present(scores.evidence)[:, positions] / config.calibration.document_temperature, columns)


def _reducer(config: NetworkConfig) -> np.ufunc:
    """Joins what several chunks of passages say about a word; nan says nothing."""
    return np.fmax if config.shape.reducer == "max" else np.fmin


def _head_payoff(config: NetworkConfig, label: str, window: Sequence[Encoding], others: Sequence[Shown]) -> Payoff:
    """Log-odds of a document label of an additive head, whose pool runs over all rows of a document."""
    column = config.labels.index(label)
    elsewhere = [_owned(other, scores) for other, scores in others]

    def payoff(scores: Sequence[Scores]) -> Floats:
        own = [_owned(row, one) for row, one in zip(window, scores, strict=True)]
        count = len(own[0][0])
        pieces = [(np.repeat(votes, count, 0), np.repeat(loud, count, 0)) for votes, loud in elsewhere]
        evidence, salience = (np.concatenate(some, axis=1) for some in zip(*own, *pieces, strict=True))
        weights = np.exp(salience - salience.max(axis=1, keepdims=True, initial=-np.inf))
        weights /= np.maximum(weights.sum(axis=1, keepdims=True), np.finfo(float).tiny)
        logits = np.einsum("rt,rtl->rl", weights, evidence) / config.calibration.document_temperature
        return log_odds(logits, [column])

    return payoff


def _owned(row: Encoding, scores: Scores) -> tuple[Floats, Floats]:
    """Evidence [rows, tokens, labels] and salience [rows, tokens] of what a row owns."""
    return _present(scores.evidence)[:, row.owned], _present(scores.salience)[:, row.owned]


def _highest_payoff(
    config: NetworkConfig, window: Sequence[Encoding], others: Sequence[Shown], *, sign: float
) -> Payoff:
    """Log-odds of a document label that comes from the word which is most probably inside of any span."""
    calibration = config.calibration
    threshold = min(calibration.thresholds.values(), default=0.5)
    shift = float(np.log(threshold) - np.log1p(-threshold))
    elsewhere = _highest(config, [_word_odds(config, other, scores) for other, scores in others])

    def payoff(scores: Sequence[Scores]) -> Floats:
        own = [_word_odds(config, row, one) for row, one in zip(window, scores, strict=True)]
        return sign * (np.maximum(_highest(config, own), elsewhere) - shift) / calibration.document_temperature

    return payoff


def _highest(config: NetworkConfig, odds: Sequence[Floats]) -> Floats | float:
    """The highest of all words [rows], each as its reducer has it; LIMIT's negative where there is none."""
    if not odds:
        return -LIMIT
    highest: Floats = np.fmax.reduce(_reducer(config).reduce(odds), axis=1, initial=-LIMIT)
    return highest


def _word_odds(config: NetworkConfig, row: Encoding, scores: Scores) -> Floats:
    """Log-odds of each word to be inside of any span [rows, words]; nan for words that the row does not own."""
    mine = row.word_index >= 0
    logits = _present(scores.tokens)[:, row.word_index[mine]] / config.calibration.temperature
    odds = np.full((len(logits), len(row.words)), np.nan)
    odds[:, mine] = log_odds(logits, range(1, len(config.classes)))
    return odds


def _present(scores: Floats | None) -> Floats:
    if scores is None:
        raise ValueError("the network lacks the head that this payoff reads")
    return scores
