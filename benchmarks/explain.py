"""Explanations: all spans of a review at once against one stock `shap.Explainer` a span, on the same weights.

The peer is what people do today: the text masker and the partition explainer over a hand-written function on top of
`transformers.pipeline("token-classification")` (handing over the pipeline itself fails with KeyError 'label'). That
function sees only the winning label of each token, as the pipeline gives it. Its game (sub-words, strings joined and
cut again) is another one, so its values have no common reference with ours; errors are therefore those of shap's
estimators on our words and masks. Everything on one thread, in CPU time, rounds interleaved, medians.

`time_ratio_times_k`: our time for all K spans at 500 evaluations over the peer's, times K. `time_at_error_01`: our time
for six spans of the longest review at the least of our stages with a normalised error of at most .01 (against 4,096
evaluations with other draws) over the peer's at 500 a span, of which one is timed and counted six times. `word_error`:
error at 500 evaluations on words. `enumerated_error`: at 128, ten seeds, texts of 11 and 12 words, against all
coalitions. `forwards_for_another_label` and `worst_sum` (of values against v1 - v0, relative) speak for themselves.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean, median
from typing import Any

import numpy as np
import shap
import torch

from tokapp import places
from tokapp.documents import Attribution, Document, Target
from tokapp.explanations import Explainer, targets_of
from tokapp.explanations.explainer import games_for, seats_of
from tokapp.explanations.judging.report import looked_up
from tokapp.explanations.methods import Evaluate, value_players
from tokapp.formats import read_documents
from tokapp.models import TokenModel, load_model
from tokapp.models.export import export_plain

EVALUATIONS, FEW, REFERENCE = 500, 128, 4096
STAGES = (128, 192, 256, 320, 384, 448, 512, 768, 1024)
WANTED = 0.01
PEERS = ("odd-regression", "permutation", "partition")


def reviews(model: TokenModel, least: int, most: int) -> list[tuple[Document, list[Target]]]:
    """Sample reviews of so many words, with what the model marks in them."""
    documents = read_documents(places.data() / "samples" / "reviews.jsonl", model.task)
    fitting = [one for one in documents if least <= words_in(model, one) <= most]
    pairs = zip(fitting, model.predict(fitting), strict=True)
    return [(document, targets_of(found)) for document, found in pairs if found.spans]


def words_in(model: TokenModel, document: Document) -> int:
    return len(model.encode([document])[0].words)


def span_function(peer: Any, target: Target) -> Callable[[Sequence[str]], Any]:
    """Log-odds of the label at the target's first word, found by its characters in each masked string."""

    def score(texts: Sequence[str]) -> Any:
        values = []
        for tokens in peer(list(map(str, texts)), batch_size=32):
            hit = [one for one in tokens if one["start"] <= target.start < one["end"] and one["entity"] != "O"]
            probability = min(max(hit[0]["score"] if hit else 0.0, 1e-6), 1 - 1e-6)
            values.append(math.log(probability / (1 - probability)))
        return np.array(values)

    return score


def explain_stock(peer: Any, tokenizer: Any, document: Document, targets: Sequence[Target]) -> None:
    """One stock explainer for each span."""
    for target in targets:
        explainer = shap.Explainer(span_function(peer, target), shap.maskers.Text(tokenizer), silent=True)
        explainer([document.text], max_evals=EVALUATIONS)


def cpu_time(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def error(values: Any, reference: Any) -> float:
    """Normalised squared error of values [words, spans], mean over the spans."""
    return float((((values - reference) ** 2).sum(axis=0) / np.maximum((reference**2).sum(axis=0), 1e-12)).mean())


def values_of(found: Sequence[Attribution]) -> Any:
    return np.array([one.values for one in found]).T


def time_all_spans(model: TokenModel, peer: Any, count: int, rounds: int) -> dict[str, float]:
    """Our time over the peer's, times the number of spans, and how exactly our values sum."""
    ratios, sums = [], []
    chosen = [pair for pair in reviews(model, 24, 64) if len(pair[1]) > 1][:count]
    for document, targets in chosen:
        ours, stock = [], []
        for _ in range(rounds):
            ours.append(cpu_time(lambda: model.explain(document, targets, EVALUATIONS)))  # noqa: B023
            stock.append(cpu_time(lambda: explain_stock(peer, peer.tokenizer, document, targets)))  # noqa: B023
        ratios.append(median(ours) / median(stock) * len(targets))
        for one in model.explain(document, targets, EVALUATIONS):
            total = one.output_value - one.base_value
            sums.append(abs(sum(one.values) - total) / max(abs(total), 1e-9))
    return {"time_ratio_times_k": median(ratios), "worst_sum": max(sums)}


def time_to_be_right(model: TokenModel, peer: Any) -> dict[str, float]:
    """Six spans of the longest review: the stage that is right enough, its time, and errors of shap's estimators."""
    document, marked = max(reviews(model, 50, 80), key=lambda pair: words_in(model, pair[0]))
    words = model.encode([document])[0].words
    targets = [Target("span", marked[0].label, *words[place]) for place in range(4, len(words), len(words) // 6)][:6]
    (game,) = games_for(model, seats_of(model, document), targets)
    truth = value_players(PEERS[0], game.evaluate, len(game.players), REFERENCE, seed=1).estimate
    explainer = Explainer(model, document)
    errors = {stage: error(values_of(explainer.explain(targets, budget=stage)), truth.values) for stage in STAGES}
    enough = next((stage for stage in STAGES if errors[stage] <= WANTED), 0)
    ours = cpu_time(lambda: model.explain(document, targets, enough)) if enough else math.nan
    stock = cpu_time(lambda: explain_stock(peer, peer.tokenizer, document, targets[:1])) * len(targets)
    found = {peer: word_error(game.evaluate, len(game.players), peer, truth.values) for peer in PEERS}
    known = float(truth.normalised_errors.mean())
    return {"words": len(words), "evaluations_at_error_01": enough, "time_at_error_01": ours / stock,
            "reference_error": known, **{f"word_error {peer}": value for peer, value in found.items()}}  # fmt: skip


def word_error(evaluate: Evaluate, players: int, method: str, truth: Any) -> float:
    return error(value_players(method, evaluate, players, EVALUATIONS, seed=0).estimate.values, truth)


def enumerate_short(model: TokenModel, count: int, seeds: int = 10) -> dict[str, float]:
    """Errors at few evaluations of texts whose coalitions are all known, ours and antithetic permutations'."""
    errors: dict[str, list[float]] = {"odd-regression": [], "permutation": []}
    for document, targets in reviews(model, 11, 12)[:count]:
        (game,) = games_for(model, seats_of(model, document), targets)
        players = len(game.players)
        table: list[Any] = []

        def remember(shown: Any, *, progress: Any = None, game: Any = game, table: list[Any] = table) -> Any:
            table.append(game.evaluate(shown))
            return table[-1]

        truth = value_players(PEERS[0], remember, players, 1 << players, seed=0).estimate.values
        for method, found in errors.items():
            for seed in range(seeds):
                some = value_players(method, looked_up(table[0]), players, FEW, seed=seed)
                found.append(error(some.estimate.values, truth))
    return {f"enumerated_error {method}": mean(found) for method, found in errors.items()}


def count_forwards(model: TokenModel) -> dict[str, float]:
    """Forward passes for a span beside one that is explained."""
    (document, targets), *_ = reviews(model, 11, 40)
    explainer = Explainer(model, document)
    explainer.explain(targets[:1])
    seen = explainer.memory.size
    start, end = model.encode([document])[0].words[0]
    explainer.explain([Target("span", targets[0].label, start, end)])
    row = len(model.encode([document])[0]) * len(model.classes) * 4
    return {"forwards_for_another_label": (explainer.memory.size - seen) / row}


def main(count: int = 2, rounds: int = 1) -> None:
    """Measure and print."""
    from transformers import pipeline

    torch.set_num_threads(1)
    model = load_model("reviews", device="cpu")
    with tempfile.TemporaryDirectory() as scratch:
        folder = str(export_plain(model, Path(scratch) / "plain"))
        peer = pipeline("token-classification", model=folder, tokenizer=folder, device="cpu", ignore_labels=[])
    parts: list[Callable[[], dict[str, float]]] = [
        lambda: count_forwards(model),
        lambda: enumerate_short(model, 2 * count),
        lambda: time_all_spans(model, peer, count, rounds),
        lambda: time_to_be_right(model, peer),
    ]
    for part in parts:
        print(json.dumps({name: float(f"{value:.3g}") for name, value in part().items()}), flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
