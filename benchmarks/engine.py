"""Bulk prediction: our engine against `transformers.pipeline` on the same weights and texts, interleaved.

The last line is one JSON object of ratios (above 1: ours is faster); medians over the rounds.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from tokapp import places
from tokapp.formats import read_documents
from tokapp.models import load_model
from tokapp.models.export import export_plain


def main(count: int = 100, rounds: int = 3) -> None:
    """Measure and print."""
    from transformers import pipeline

    model = load_model("reviews", device="cpu")
    sample = sorted((places.data() / "samples").rglob("*review*.jsonl"))[0]
    documents = read_documents(sample, model.task)[:count]
    texts = [document.text for document in documents]
    with tempfile.TemporaryDirectory() as scratch:
        folder = str(export_plain(model, Path(scratch) / "plain"))
        peer = pipeline("token-classification", model=folder, tokenizer=folder, device="cpu")
    ways: dict[str, Callable[[], object]] = {
        "tokapp": lambda: model.predict(documents),
        "pipeline_batch_1": lambda: peer(texts, batch_size=1),
        "pipeline_batch_32": lambda: peer(texts, batch_size=32),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            times[name].append(time.perf_counter() - start)
    for name, durations in times.items():
        print(f"{name:<20} {median(durations):8.3f} s for {len(texts)} documents")
    ours = median(times["tokapp"])
    ratios = {f"over_{name}": round(median(some) / ours, 3) for name, some in times.items() if name != "tokapp"}
    print(json.dumps({"documents": len(texts), "rounds": rounds, **ratios}))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
