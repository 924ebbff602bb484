"""Explanations: all spans of a review at once against one stock `shap.Explainer` a span, on the same weights.

The peer is what people do today: the text masker and the partition explainer over a hand-written function on top of
`transformers.pipeline("token-classification")` (handing over the pipeline itself fails with KeyError 'label'). That
function sees only the winning label of each token, as the pipeline gives it. Rounds are interleaved, medians count.
`time_ratio` is our time divided by the peer's; `own_error` is our normalised error against our own high budget (the
peer plays another game, on sub-words and re-joined strings, so that its values have no common reference with ours).
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

from tokapp import places
from tokapp.documents import Attribution, Document, Target
from tokapp.explanations import targets_of
from tokapp.formats import read_documents
from tokapp.models import TokenModel, load_model
from tokapp.models.export import export_plain

EVALUATIONS = 500


def choose(model: TokenModel, count: int) -> list[tuple[Document, list[Target]]]:
    """Reviews of 16 to 60 words with at least two predicted spans."""
    documents = read_documents(places.data() / "samples" / "reviews.jsonl", model.task)
    fitting = [one for one in documents if 16 <= len(one.text.split()) <= 60]
    pairs = zip(fitting, model.predict(fitting), strict=True)
    return [(document, targets_of(found)) for document, found in pairs if len(found.spans) > 1][:count]


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


def error(found: Sequence[Attribution], reference: Sequence[Attribution]) -> float:
    """Normalised squared error, mean over the spans."""
    pairs = [(np.array(a.values), np.array(b.values)) for a, b in zip(found, reference, strict=True)]
    return mean(float(((a - b) ** 2).sum() / max((b**2).sum(), 1e-12)) for a, b in pairs)


def main(count: int = 3, rounds: int = 3) -> None:
    """Measure and print."""
    from transformers import pipeline

    model = load_model("reviews", device="cpu")
    with tempfile.TemporaryDirectory() as scratch:
        folder = str(export_plain(model, Path(scratch) / "plain"))
        peer = pipeline("token-classification", model=folder, tokenizer=folder, device="cpu", ignore_labels=[])
    ratios, errors = [], []
    for document, targets in choose(model, count):
        ours, stock = [], []
        for _ in range(rounds):
            start = time.perf_counter()
            found = model.explain(document, targets, EVALUATIONS)
            ours.append(time.perf_counter() - start)
            start = time.perf_counter()
            explain_stock(peer, peer.tokenizer, document, targets)
            stock.append(time.perf_counter() - start)
        errors.append(error(found, model.explain(document, targets, 4096)))
        ratios.append(median(ours) / median(stock))
        words = len(found[0].words)
        print(f"{words:>3} words, {len(targets)} spans: ours {median(ours):7.2f} s, stock {median(stock):7.2f} s")
    figures = {"time_ratio": round(median(ratios), 3), "own_error": round(mean(errors), 5)}
    print(json.dumps({"documents": len(ratios), "rounds": rounds, "evaluations": EVALUATIONS, **figures}))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
