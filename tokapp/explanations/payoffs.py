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
from tokapp.errors import BadSpan, UnknownLabel
from tokapp.models.encoding import Encoding

if TYPE_CHECKING:
    from tokapp.models.config import NetworkConfig
    from tokapp.models.network import Outputs
    from tokapp.models.token_model import TokenModel

Floats = NDArray[np.float64]

LIMIT = float(np.log((1 - 1e-6) / 1e-6))
"""Log-odds beyond this are cut, as if probabilities stayed within [1e-6, 1 - 1e-6]."""


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Outputs of equal rows: `tokens` [rows, tokens, classes], `evidence` [rows, tokens, labels], `salience`."""

    tokens: Floats | None
    evidence: Floats | None
    salience: Floats | None


Payoff: TypeAlias = Callable[[Scores], Floats]
"""One number per row of the scores."""


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


def check_target(model: TokenModel, document: Document, target: Target) -> None:
    """Raise BadSpan or UnknownLabel for a target that this model cannot have decided about this document."""
    task, config = model.task, model.config
    if target.kind == "document":
        labels = config.labels or (task.document_names if config.shape.document == "spans" else ())
    else:
        labels = tuple(dict.fromkeys(name[2:] for name in config.classes[1:])) or config.labels
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


def payoff_of(model: TokenModel, target: Target, row: Encoding, others: Sequence[tuple[Encoding, Scores]]) -> Payoff:
    """How much one row's scores speak for a target; `others` are the document's other windows, all shown."""
    config = model.config
    if target.kind == "span":
        return _span_payoff(config, target, row.word_index[span_words(row, target)])
    if config.labels:
        return _head_payoff(config, target.label, row, others)
    return _highest_payoff(config, row, others, sign=1.0 if target.label == model.task.document_names[1] else -1.0)


def _span_payoff(config: NetworkConfig, target: Target, positions: NDArray[np.int32]) -> Payoff:
    """Mean over the span's words of the log-odds of its label; without a token head, of what the words vote for."""
    names = [name[2:] for name in config.classes] or list(config.labels)
    columns = [index for index, name in enumerate(names) if name == target.label]

    def payoff(scores: Scores) -> Floats:
        if scores.tokens is not None:
            logits = scores.tokens[:, positions] / config.calibration.temperature
        else:
            logits = _present(scores.evidence)[:, positions] / config.calibration.document_temperature
        odds: Floats = log_odds(logits, columns).mean(axis=1)
        return odds

    return payoff


def _head_payoff(config: NetworkConfig, label: str, row: Encoding, others: Sequence[tuple[Encoding, Scores]]) -> Payoff:
    """Log-odds of a document label of an additive head, whose pool runs over the windows of a document."""
    column = config.labels.index(label)
    pieces = [
        (_present(scores.evidence)[0, other.owned], _present(scores.salience)[0, other.owned])
        for other, scores in others
    ]
    fixed_evidence = np.concatenate([np.empty((0, len(config.labels))), *(evidence for evidence, _ in pieces)])
    fixed_salience = np.concatenate([np.empty(0), *(salience for _, salience in pieces)])

    def payoff(scores: Scores) -> Floats:
        evidence, salience = _present(scores.evidence)[:, row.owned], _present(scores.salience)[:, row.owned]
        rows = len(evidence)
        evidence = np.concatenate([evidence, np.broadcast_to(fixed_evidence, (rows, *fixed_evidence.shape))], axis=1)
        salience = np.concatenate([salience, np.broadcast_to(fixed_salience, (rows, len(fixed_salience)))], axis=1)
        weights = np.exp(salience - salience.max(axis=1, keepdims=True, initial=-np.inf))
        weights /= np.maximum(weights.sum(axis=1, keepdims=True), np.finfo(float).tiny)
        logits = np.einsum("rt,rtl->rl", weights, evidence) / config.calibration.document_temperature
        return log_odds(logits, [column])

    return payoff


def _highest_payoff(
    config: NetworkConfig, row: Encoding, others: Sequence[tuple[Encoding, Scores]], *, sign: float
) -> Payoff:
    """Log-odds of a document label that comes from the word which is most probably inside of any span."""
    inside = range(1, len(config.classes))
    calibration = config.calibration
    threshold = min(calibration.thresholds.values(), default=0.5)
    shift = float(np.log(threshold) - np.log1p(-threshold))

    def highest(scores: Scores, owner: Encoding) -> Floats:
        positions = owner.word_index[owner.word_index >= 0]
        odds = log_odds(_present(scores.tokens)[:, positions] / calibration.temperature, inside)
        most: Floats = odds.max(axis=1, initial=-LIMIT)
        return most

    elsewhere = max((float(highest(scores, other)[0]) for other, scores in others), default=-LIMIT)

    def payoff(scores: Scores) -> Floats:
        odds = np.maximum(highest(scores, row), elsewhere)
        return sign * (odds - shift) / calibration.document_temperature

    return payoff


def _present(scores: Floats | None) -> Floats:
    if scores is None:
        raise ValueError("the network lacks the head that this payoff reads")
    return scores
