"""How long a recipe will take, by rule of thumb: weights times tokens, over what two cores multiply in a second.

Only for the built-in backbone, whose size is known without loading it.
"""

from __future__ import annotations

from dataclasses import dataclass

from tokapp.training.recipe import Recipe
from tokapp.training.steps.continue_pretraining import ContinuePretraining
from tokapp.training.steps.contrast import Contrast
from tokapp.training.steps.fine_tune import FineTune
from tokapp.training.steps.prefer import Prefer
from tokapp.training.steps.select_instances import SelectInstances
from tokapp.training.steps.weigh_tokens import NEUTRAL, WeighTokens

_WEIGHTS = 10.6e6
"""Weights of the built-in backbone without its embeddings (6 blocks of width 384)."""
_SPEED = 50e9
"""Operations a second of two cores."""
_CHARACTERS = 4.5
"""Characters of a token, in English."""
_OPERATIONS = {"full": 6, "lora": 4, "bottleneck": 4, "head": 2}
"""Per weight and token: forward 2, backward through the states 2, backward into the weights 2."""


@dataclass(frozen=True, slots=True)
class Amount:
    """What there is to learn from: numbers of texts, and the mean length of one in characters."""

    labelled: int
    unlabelled: int
    length: float


def seconds(recipe: Recipe, amount: Amount) -> float:
    """About how many seconds the steps of a recipe take on two cores."""
    total, labelled, tokens = 0.0, float(amount.labelled), amount.length / _CHARACTERS + 2
    for step in recipe.steps:
        if isinstance(step, SelectInstances) and step.share < 1:
            total += 2 * labelled * tokens
            labelled *= step.share
        elif isinstance(step, ContinuePretraining):
            texts = labelled + min(amount.unlabelled, step.texts)
            total += _OPERATIONS[step.mode] * step.epochs * texts * tokens
        elif isinstance(step, FineTune | Contrast | Prefer):
            learn = step if isinstance(step, FineTune) else step.learn
            total += _OPERATIONS[learn.mode] * learn.epochs * learn.runs * labelled * tokens
        elif isinstance(step, WeighTokens) and step != NEUTRAL:
            total += 2 * (1 + bool(step.recheck)) * labelled * tokens
    return total * _WEIGHTS / _SPEED
