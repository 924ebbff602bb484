"""Long texts: two levels (sentences, then words of those that matter) against one level, at equal cost.

Mails of the samples with 104 to 128 words, and with 200 to 256 (where the flat estimator's players are words up to 128
and phrases beyond), one target each: the predicted label. Flat: all evaluations on words. Two levels: a quarter of
them on sentences (clauses of at most 20 words), the rest on the words of the strongest sentences, up to 80 words, and
every other sentence as one player. Budgets are a first answer's (2 n), 400 and a settled answer's (8 n). The reference
is flat, with other draws and 2,048 evaluations; its split-half error is printed.

Players differ, so errors are compared twice, each normalised: `sentences`, where the values of a sentence's words are
summed, and `words`, where what a sentence got as one player is divided evenly among its words. The two are different
games: a sentence that is one player is not worth exactly the sum of its words, and this counts as error of two levels.
Arguments: how many mails of each length, and which comes first.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from tokapp import places
from tokapp.documents import Document, Offset, Target
from tokapp.explanations import default_budget, quick_budget
from tokapp.explanations.explainer import games_for, seats_of, targets_of
from tokapp.explanations.methods import OURS, QUICK, Evaluate, value_players
from tokapp.formats import read_documents
from tokapp.models import TokenModel, load_model
from tokapp.models.sentences import split_sentences

REFERENCE, LONGEST, MOST_WORDS = 2048, 20, 80


def parts_of(text: str, players: Sequence[Offset]) -> Any:
    """The part of each word in reading order: its sentence, cut into even pieces of at most LONGEST words."""
    ends = [end for _, end in split_sentences(text)]
    sentence = np.searchsorted(ends, [start for start, _ in players], side="right")
    members = [np.flatnonzero(sentence == one) for one in np.unique(sentence)]
    pieces = [piece for some in members for piece in np.array_split(some, -(-len(some) // LONGEST))]
    return np.repeat(np.arange(len(pieces)), [len(piece) for piece in pieces])


def grouped(evaluate: Evaluate, group: Any) -> Evaluate:
    """The game of groups of words that are shown and hidden as one."""

    def play(shown: Any, *, progress: Any = None) -> Any:
        return evaluate(shown[:, group])

    return play


def second_level(part: Any, strength: Any) -> Any:
    """The player of each word: itself in the strongest parts, up to MOST_WORDS words, and its part elsewhere."""
    order = np.argsort(-strength)
    sizes = np.cumsum(np.bincount(part)[order])
    alone = order[: max(int(np.searchsorted(sizes, MOST_WORDS, side="right")), 1)]
    return np.cumsum(np.isin(part, alone) | (np.diff(part, prepend=-1) > 0)) - 1


def remembered(evaluate: Evaluate) -> Evaluate:
    """The same game, in which no coalition is evaluated twice."""
    known: dict[bytes, Any] = {}

    def play(shown: Any, *, progress: Any = None) -> Any:
        keys = [row.tobytes() for row in shown]
        new = {key: place for place, key in enumerate(keys) if key not in known}
        if new:
            known.update(zip(new, evaluate(shown[list(new.values())]), strict=True))
        return np.array([known[key] for key in keys])

    return play


def flat(evaluate: Evaluate, part: Any, budget: int, seed: int) -> Any:
    """Values of words [words], all at once."""
    return value_players(OURS, evaluate, len(part), budget, seed=seed).estimate.values[:, 0]


def two_levels(evaluate: Evaluate, part: Any, budget: int, seed: int) -> Any:
    """Values of words [words], those of weak sentences divided evenly among their words."""
    budget = quick_budget(len(part)) if budget == QUICK else budget
    first = value_players(OURS, grouped(evaluate, part), int(part[-1]) + 1, budget // 4, seed=seed)
    group = second_level(part, np.abs(first.estimate.values[:, 0]))
    left = budget - first.evaluations
    found = value_players(OURS, grouped(evaluate, group), int(group[-1]) + 1, left, seed=seed)
    return found.estimate.values[group, 0] / np.bincount(group)[group]


WAYS: dict[str, Callable[[Evaluate, Any, int, int], Any]] = {"flat": flat, "two levels": two_levels}


def error(found: Any, reference: Any) -> float:
    """Squared error as a share of what is explained."""
    return float(((found - reference) ** 2).sum() / (reference**2).sum())


def compare(model: TokenModel, document: Document, target: Target) -> dict[str, Any]:
    """Errors of both ways at every budget, by sentences and by words."""
    (game,) = games_for(model, seats_of(model, document), [target])
    part, evaluate = parts_of(document.text, game.players), remembered(game.evaluate)
    truth = value_players(OURS, evaluate, len(part), REFERENCE, seed=1).estimate
    reference, count = truth.values[:, 0], len(part)
    out: dict[str, Any] = {"players": count, "sentences": int(part.max()) + 1,
                           "reference_error": round(float(truth.normalised_errors[0]), 4)}  # fmt: skip
    budgets = {quick_budget(count): QUICK, 400: 400, default_budget(count): default_budget(count)}
    for name, way in WAYS.items():
        for cost, budget in budgets.items():
            found = way(evaluate, part, budget, 0)
            by_sentence = error(np.bincount(part, found), np.bincount(part, reference))
            out[f"{name}, {cost}"] = [float(f"{one:.3g}") for one in (by_sentence, error(found, reference))]
    return out


def main(count: int = 3, first: int = 0) -> None:
    """Measure and print: [sentences, words] of each way and budget."""
    torch.set_num_threads(1)
    model = load_model("emails", device="cpu")
    documents = read_documents(places.data() / "samples" / "emails.jsonl", model.task)
    rows = [model.encode([one])[0] for one in documents]
    lengths = [len(np.unique(row.word_of[row.word_of >= 0])) for row in rows]
    for least, most in ((104, 128), (200, 256)):
        fitting = [one for one, length in zip(documents, lengths, strict=True) if least <= length <= most]
        for document in fitting[first : first + count]:
            (found,) = model.predict([document])
            print(json.dumps(compare(model, document, targets_of(found)[-1])), flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
