"""Putting the outputs of rows back together: words of a document, documents of a chunk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tokapp.documents import Document, Prediction, Span, WordScores
from tokapp.inference.decoding import AnyFloat, continue_spans, decode, decode_evidence, flatten
from tokapp.models.config import NetworkConfig
from tokapp.models.encoding import Encoding
from tokapp.models.network import Outputs

if TYPE_CHECKING:
    from tokapp.models.token_model import TokenModel

Floats = NDArray[np.float32]


Piece = tuple[Floats, Floats, NDArray[np.int32]]
"""Evidence [tokens, labels], salience [tokens] and words [tokens] of what one row owns."""


@dataclass(frozen=True, slots=True, eq=False)
class Pooled:
    """A document's label probabilities, and each token's exact share [tokens, labels] in their logits."""

    probabilities: Floats
    votes: Floats
    word_of: NDArray[np.int32]


class Gathered:
    """Raw scores of a chunk of documents, filled batch by batch, turned into predictions at the end."""

    def __init__(self, model: TokenModel, documents: Sequence[Document], rows: Sequence[Encoding]) -> None:
        self._model, self._documents, self._config = model, documents, model.config
        words = [row.words for row in _first_rows(rows)]
        self._starts = flatten([len(some) for some in words])
        self._offsets = np.array([offset for some in words for offset in some], np.int32).reshape(-1, 2)
        classes, labels = len(self._config.classes), len(self._config.labels)
        self._logits = np.full((len(self._offsets), classes), -np.inf, np.float32)
        if classes:
            self._logits[:, 0] = 0.0  # a word that gives no token is outside, for certain
        self._is_scored = np.zeros(len(self._offsets), np.bool_)
        self._pools: list[list[Piece]] = [[] for _ in documents] if labels else []

    def add(self, rows: Sequence[Encoding], outputs: Outputs) -> None:
        """Keep what the rows own of a batch's outputs."""
        if outputs.token_logits is not None:
            logits = outputs.token_logits.cpu().numpy()
            for place, row in enumerate(rows):
                mine = np.flatnonzero(row.word_index >= 0)
                found = logits[place, row.word_index[mine]]
                is_shared = np.diff(row.word_index[mine], prepend=-1) == 0
                if is_shared.any():
                    found[is_shared] = continue_spans(found[is_shared], self._config.classes)
                self._keep(self._starts[row.document] + mine, found)
        if outputs.evidence is not None and outputs.salience is not None:
            evidence, salience = outputs.evidence.cpu().numpy(), outputs.salience.cpu().numpy()
            for place, row in enumerate(rows):
                mine = np.flatnonzero(row.owned)
                self._pools[row.document].append((evidence[place, mine], salience[place, mine], row.word_of[mine]))

    def _keep(self, words: NDArray[np.int64], found: Floats) -> None:
        """Keep logits of words; of a word beside several chunks of passages those that `Shape.reducer` is about."""
        known = self._is_scored[words]
        if known.any():
            old, heat = self._logits[words], np.float32(self._config.calibration.temperature)
            decides = np.greater if self._config.shape.reducer == "max" else np.less
            stays = known & ~decides(inside_odds(found / heat), inside_odds(old / heat))
            found = np.where(stays[:, None], old, found)
        self._logits[words], self._is_scored[words] = found, True

    def predictions(self) -> list[Prediction]:
        """Predictions of all documents, in their order."""
        pooled = [self._pooled(pieces) for pieces in self._pools]
        values, spans = self._words_and_spans(pooled)
        return [
            Prediction(
                document.id,
                self._model.name,
                spans[index],
                WordScores(self._offsets[self._inside(index)], values[index], self._model.classes),
                self._document_scores(values[index], pooled[index] if pooled else None),
            )
            for index, document in enumerate(self._documents)
        ]

    def _words_and_spans(self, pooled: Sequence[Pooled]) -> tuple[list[Floats], list[tuple[Span, ...]]]:
        calibration, classes = self._config.calibration, self._config.classes
        if not classes:
            values = [evidence_shares(one.votes, one.word_of, self._count(i)) for i, one in enumerate(pooled)]
            return values, [self._evidence(index, values[index], one) for index, one in enumerate(pooled)]
        words = softmax(self._logits / np.float32(calibration.temperature))
        spans = decode(
            words,
            classes,
            self._offsets,
            self._starts,
            thresholds=calibration.thresholds,
            least_words=calibration.least_words,
            origin=f"model:{self._model.name}",
        )
        return [words[self._inside(index)] for index in range(len(self._documents))], spans

    def _evidence(self, index: int, shares: Floats, pooled: Pooled) -> tuple[Span, ...]:
        """Words that speak for the winning label, unless it is the first one (the usual case, as ham)."""
        column, origin = int(pooled.probabilities.argmax()), f"model:{self._model.name}"
        label, score = self._config.labels[column], float(pooled.probabilities[column])
        if column == 0 or label not in self._model.task.span_names:
            return ()
        calibration = self._config.calibration
        return decode_evidence(
            shares,
            label,
            column,
            self._offsets[self._inside(index)],
            least=calibration.evidence,
            score=score,
            least_words=calibration.least_words,
            origin=origin,
        )

    def _document_scores(self, values: Floats, pooled: Pooled | None) -> dict[str, float]:
        if pooled is not None:
            return dict(zip(self._config.labels, pooled.probabilities.tolist(), strict=True))
        if self._config.shape.document == "spans":
            return scores_from_words(values, self._model.task.document_names, self._config)
        return {}

    def _pooled(self, pieces: Sequence[Piece]) -> Pooled:
        evidence, salience, word_of = (np.concatenate(column) for column in zip(*pieces, strict=True))
        votes = softmax(salience[None])[0][:, None] * evidence
        logits = votes.sum(axis=0, keepdims=True) / np.float32(self._config.calibration.document_temperature)
        return Pooled(softmax(logits)[0], votes, word_of)

    def _count(self, index: int) -> int:
        return int(self._starts[index + 1] - self._starts[index])

    def _inside(self, index: int) -> slice:
        return slice(int(self._starts[index]), int(self._starts[index + 1]))


def inside_odds(logits: NDArray[AnyFloat]) -> NDArray[AnyFloat]:
    """Log-odds of all classes but the first together against the first, from logits [rows, classes]."""
    odds: NDArray[AnyFloat] = np.logaddexp.reduce(logits[:, 1:], axis=1) - logits[:, 0]
    return odds


def softmax(logits: Floats) -> Floats:
    """Probabilities from logits [rows, classes]; -inf gives exactly 0."""
    if not logits.size:
        return logits
    powers: Floats = np.exp(logits - logits.max(axis=1, keepdims=True))
    powers /= powers.sum(axis=1, keepdims=True)
    return powers


def evidence_shares(votes: Floats, word_of: NDArray[np.int32], words: int) -> Floats:
    """How the evidence for each label is spread over the words: [words, labels], columns sum to 1 (or are all 0).

    A word's evidence for a label is its exact share of that label's logit less the mean of the others', where positive.
    """
    sums = np.zeros((words + 1, votes.shape[1]), np.float32)
    np.add.at(sums, word_of, votes)  # tokens without a word (-1) go to the last row
    own = sums[:-1]
    others = (own.sum(axis=1, keepdims=True) - own) / max(own.shape[1] - 1, 1)
    positive = np.maximum(own - others, 0.0)
    total = positive.sum(axis=0, keepdims=True)
    shares: Floats = np.divide(positive, total, out=np.zeros_like(positive), where=total > 0)
    return shares


def scores_from_words(words: Floats, labels: Sequence[str], config: NetworkConfig) -> dict[str, float]:
    """Probabilities of two document labels from the word that is most probably inside of any span.

    The last label has it, the first one the rest; at the lowest word threshold both are equally probable.
    """
    if len(labels) != 2:
        raise ValueError(f"document labels come from spans only where there are two of them, not {len(labels)}")
    calibration = config.calibration
    threshold = min(calibration.thresholds.values(), default=0.5)
    highest = float(np.clip(1.0 - words[:, 0].min(initial=1.0), 1e-6, 1 - 1e-6))
    logit = np.log(highest / (1 - highest)) - np.log(threshold / (1 - threshold))
    inside = float(1 / (1 + np.exp(-logit / calibration.document_temperature)))
    return {labels[0]: 1 - inside, labels[1]: inside}


def _first_rows(rows: Sequence[Encoding]) -> list[Encoding]:
    """The first row of each document."""
    return [row for place, row in enumerate(rows) if not place or rows[place - 1].document != row.document]
