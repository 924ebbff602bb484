"""From a model's outputs to levels of risk and categories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from tokapp.inference.decoding import read_classes
from tokapp.inference.gathering import softmax
from tokapp.inference.streaming.verdicts import Level
from tokapp.models.config import NetworkConfig
from tokapp.models.network import Outputs

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a model says about a token or a prompt; the category is the likeliest one, whatever the level is."""

    level: Level
    scores: Mapping[Level, float]
    category: str | None
    category_score: float | None

    @property
    def risk(self) -> float:
        """Probability of anything but Safe."""
        return 1.0 - self.scores["Safe"]


Judged: TypeAlias = tuple[int, str, Judgement, bool]
"""Where a token begins in the streamed text, what it shows, what is said, and whether that is a decision of its own."""


def judge_words(probabilities: Floats, config: NetworkConfig) -> list[Judgement]:
    """Judgements of words from calibrated class probabilities [words, classes].

    Risk is 1 - P(O). The category is the label with most of it, weighed by the labels' thresholds as decoding does; the
    level is Unsafe from that label's threshold on.
    """
    tags, thresholds = read_classes(config.classes), config.calibration.thresholds
    needed = np.array([thresholds.get(label, 0.5) for label in tags.labels], np.float32)
    shares = probabilities @ tags.member
    best = (shares * (1 - needed) / needed).argmax(axis=1)
    return [
        _binary(1.0 - float(row[0]), float(row[0]) <= 1 - needed[label], tags.labels[label], float(share[label]))
        for row, share, label in zip(probabilities, shares, best.tolist(), strict=True)
    ]


def judge_logits(outputs: Outputs, config: NetworkConfig) -> list[Judgement]:
    """Judgements of tokens from what a token classifier gives out, at its own temperature."""
    return judge_words(shares(outputs.token_logits, config.calibration.temperature), config)


def judge_document(scores: Mapping[str, float]) -> Judgement:
    """The judgement of a text from the probabilities of its document labels, of which the first one is harmless.

    Unsafe means that another label is the most probable one.
    """
    harmless, *others = scores
    worst = max(others, key=scores.__getitem__)
    return _binary(1.0 - scores[harmless], scores[worst] > scores[harmless], worst, scores[worst])


def judge_levels(
    risk: Floats, category: Floats, levels: Sequence[Level], categories: Sequence[str]
) -> list[Judgement]:
    """Judgements from probabilities of levels [tokens, levels] and of categories [tokens, categories]."""
    return [
        Judgement(
            levels[int(one.argmax())],
            dict(zip(levels, one.tolist(), strict=True)),
            categories[int(other.argmax())],
            float(other.max()),
        )
        for one, other in zip(risk, category, strict=True)
    ]


def shares(logits: Tensor | None, temperature: float = 1.0) -> Floats:
    """Probabilities [tokens, classes] from the logits [1, tokens, classes] of a head that the model has."""
    if logits is None:
        raise TypeError("the model lacks a head that its kind has")
    found: Floats = logits[0].cpu().numpy()
    return softmax(found / np.float32(temperature))


def _binary(risk: float, is_risky: bool, category: str, category_score: float) -> Judgement:
    scores: dict[Level, float] = {"Safe": 1.0 - risk, "Unsafe": risk}
    return Judgement("Unsafe" if is_risky else "Safe", scores, category, category_score)
