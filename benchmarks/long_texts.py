"""Long texts: two levels (sentences, then words of those that matter) against one level, at equal cost.

Mails of the samples with 100 to 128 words, and with 200 to 256 (where the flat estimator's players are words up to 128
and phrases beyond), one target each: the predicted label. Flat: all evaluations on words. Two levels: a quarter of
them on sentences (clauses of at most 20 words), the rest on the words of the four strongest sentences and every other
sentence as one player. The reference is flat, with other draws and `REFERENCE` evaluations; its split-half error is
printed. Arguments: how many mails of each length, seeds, evaluations.

Players differ, so errors are compared twice, each normalised: `sentences`, where the values of a sentence's words are
summed, and `words`, where what a sentence got as one player is divided evenly among its words. The two are different
games: a sentence that is one player is not worth exactly the sum of its words, and this counts as error of two levels.

One mail of 116 words, 384 evaluations (3.3 a word; by default 928), three seeds: sentences .015 in two
levels against .181 flat, words .208 against .495; reference .020. This is one text, so two levels are not in use: that
takes more mails, the budget of the default, and 256 words, where nothing has been measured.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from statistics import mean
from typing import Any

import numpy as np
import torch

from tokapp import places
from tokapp.documents import Document, Offset, Target
from tokapp.explanations.explainer import games_for, seats_of, targets_of
from tokapp.explanations.methods import OURS, value_players
from tokapp.formats import read_documents
from tokapp.models import TokenModel, load_model
from tokapp.models.sentences import split_sentences

LONGEST, STRONGEST, REFERENCE = 20, 4, 2048


def parts_of(text: str, words: Sequence[Offset]) -> Any:
    """The sentence of each word, int [words], cut into even pieces of at most LONGEST words."""
    sentences = split_sentences(text)
    first = [next(n for n, (start, end) in enumerate(sentences) if start <= word[0] < end) for word in words]
    pieces: list[tuple[int, int]] = []
    for sentence in sorted(set(first)):
        members = [place for place, one in enumerate(first) if one == sentence]
        for number, some in enumerate(np.array_split(members, -(-len(members) // LONGEST))):
            pieces += [(sentence, number)] * len(some)
    names = {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}
    return np.array([names[piece] for piece in pieces])


def values(evaluate: Callable[[Any], Any], group: Any, budget: int, seed: int) -> Any:
    """Values of groups of players, [groups]; `group` is the group of each player."""

    def play(shown: Any, *, progress: Any = None) -> Any:
        return evaluate(shown[:, group])

    return value_players(OURS, play, int(group.max()) + 1, budget, seed=seed).estimate.values[:, 0]


def two_levels(evaluate: Callable[[Any], Any], part: Any, budget: int, seed: int) -> Any:
    """Values of words, those of weak sentences divided evenly among their words."""
    strong = np.argsort(-np.abs(values(evaluate, part, budget // 4, seed)))[:STRONGEST]
    is_alone = np.isin(part, strong)
    names = np.where(is_alone, len(part) + np.arange(len(part)), part)
    _, group = np.unique(names, return_inverse=True)
    found = values(evaluate, group, budget - budget // 4, seed)
    return found[group] / np.bincount(group)[group]


def error(found: Any, reference: Any) -> float:
    return float(((found - reference) ** 2).sum() / (reference**2).sum())


def compare(model: TokenModel, document: Document, target: Target, budget: int, seeds: int) -> Any:
    """Errors by level and unit, means over seeds."""
    (game,) = games_for(model, seats_of(model, document), [target])
    part = parts_of(document.text, game.players)

    def play(shown: Any, *, progress: Any = None) -> Any:
        return game.evaluate(shown)

    truth = value_players(OURS, play, len(game.players), REFERENCE, seed=seeds).estimate
    reference = truth.values[:, 0]
    out: dict[str, Any] = {"players": len(part), "sentences": int(part.max()) + 1,
                           "reference_error": float(truth.normalised_errors[0])}  # fmt: skip
    for name in ("flat", "two levels"):
        runs = []
        for seed in range(seeds):
            if name == "flat":
                found = values(game.evaluate, np.arange(len(part)), budget, seed)
            else:
                found = two_levels(game.evaluate, part, budget, seed)
            runs.append((error(np.bincount(part, found), np.bincount(part, reference)), error(found, reference)))
        by_unit = zip(("sentences", "words"), zip(*runs, strict=True), strict=True)
        out |= {f"{name}: {unit}": mean(some) for unit, some in by_unit}
    return {key: float(f"{value:.3g}") for key, value in out.items()}


def main(count: int = 3, seeds: int = 3, budget: int = 384) -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    model = load_model("emails", device="cpu")
    documents = read_documents(places.data() / "samples" / "emails.jsonl", model.task)
    for least, most in ((100, 128), (200, 256)):
        fitting = [one for one in documents if least <= len(model.encode([one])[0].words) <= most]
        for document, found in zip(fitting[:count], model.predict(fitting[:count]), strict=True):
            print(json.dumps(compare(model, document, targets_of(found)[-1], budget, seeds)), flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
