"""Whether the words that an explanation puts first are those that the model needs; no reference is asked for.

Comprehensiveness and sufficiency are those of DeYoung et al. 2020 ("ERASER", section 4), in log-odds, in which what is
hidden is masked where it stands. Their scale is the model's: read them beside leave-one-out and a random order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tokapp.documents import Attribution
from tokapp.explanations.methods import Evaluate

FRACTIONS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
"""Shares of the words that are hidden or kept, strongest first."""


@dataclass(frozen=True, slots=True)
class Faithfulness:
    """Log-odds lost when the top words are hidden (more is better), and when only they are shown (less is better).

    Each is a mean over FRACTIONS: the area over the perturbation curve (AOPC), without the point where nothing is lost.
    """

    comprehensiveness: float
    sufficiency: float


def faithfulness(found: Sequence[Attribution], evaluate: Evaluate) -> list[Faithfulness]:
    """Faithfulness of each attribution, by the game whose payoffs they explain, in the order of its payoffs.

    Takes at most 12 evaluations an attribution. The top words are those that speak most for the decision; a share below
    one word is one word. Raises ValueError for a text without words.
    """
    if not found:
        return []
    counts, share_of = np.unique(top_counts(len(found[0].words)), return_inverse=True)
    kept = np.stack([_kept(one, counts) for one in found])
    rows = kept.reshape(-1, kept.shape[2])
    payoffs = evaluate(np.concatenate([~rows, rows])).reshape(2, len(found), len(counts), -1)
    faithful = []
    for column, one in enumerate(found):
        lost = one.output_value - payoffs[:, column, share_of, column].mean(axis=1)
        faithful.append(Faithfulness(float(lost[0]), float(lost[1])))
    return faithful


def top_counts(words: int) -> list[int]:
    """How many words each of FRACTIONS is, at least one."""
    if words < 1:
        raise ValueError("a text without words has no top words")
    return [max(1, int(share * words + 0.5)) for share in FRACTIONS]


def _kept(attribution: Attribution, counts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The top words of each count, bool [counts, words]."""
    order = np.argsort(-np.asarray(attribution.values), kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    kept: NDArray[np.bool_] = rank[None, :] < counts[:, None]
    return kept
