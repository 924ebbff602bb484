"""Bulk prediction: our engine against `transformers.pipeline` on the same weights and texts, rounds interleaved.

Five sets: app reviews (short), the longest sample mails (windows of 512 tokens that overlap by 128), RAG answers, which
we read as pairs with every passage and the pipeline as one text, pieces of mails of 8 to 510 tokens in no order, and
pieces of 16 tokens. One thread and its CPU time, so that it can run
beside other work; `--threads 2` measures wall time. The last line is one JSON object of medians over the rounds:
`over_pipeline_1` and `_32` (above 1: ours is faster), `rate` (operations of our rows without padding a second, as a
share of what a float32 product of the feed-forward layer's shape reaches), `bfloat16` (times as fast as our float32;
null where it does not pay) with the share of words that keep their label, and the largest difference of logits to
unbatched eager attention. `--documents 8 --rounds 1` takes seconds.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import numpy as np
import torch

from tokapp import places
from tokapp.documents import Document, Prediction
from tokapp.errors import ModelUnavailable
from tokapp.formats import read_documents
from tokapp.models import TokenModel, load_model
from tokapp.models.device import bfloat16_gain
from tokapp.models.export import export_plain
from tokapp.settings import Settings
from tokapp.tasks import load_task

OVERLAP = 128
SETS = ("reviews", "mails", "rag", "mixed", "short")


@dataclass(frozen=True, slots=True)
class Case:
    """Documents for our engine, and the same as texts for the pipeline."""

    documents: Sequence[Document]
    texts: Sequence[str]
    model: TokenModel
    half: TokenModel | None


def sample(name: str, count: int, *, longest: bool = False) -> list[Document]:
    """The first sample documents of a task, or the longest ones."""
    documents = list(read_documents(places.data() / "samples" / f"{name}.jsonl", load_task(name)))
    return sorted(documents, key=lambda one: -len(one.text))[:count] if longest else documents[:count]


def cut(documents: Sequence[Document], lengths: Sequence[int], model: TokenModel) -> list[Document]:
    """One piece for each length in tokens, special ones included: the documents read as one text, round and round."""
    text = " ".join(" ".join(document.text.split()) for document in documents)
    offsets = model.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
    assert len(offsets) > max(lengths), f"{len(offsets)} tokens do not hold a piece of {max(lengths)}"
    pieces, begin = [], 0
    for number, length in enumerate(lengths):
        begin = begin if begin + length <= len(offsets) else 0
        first, begin = begin, begin + length - 2
        pieces.append(Document(f"piece-{number}", text[offsets[first][0] : offsets[begin - 1][1]], model.task.name))
    return pieces


def whole(document: Document) -> str:
    """Question, passages and text as one."""
    return "\n".join(filter(None, (document.question, *document.contexts, document.text)))


def load_half(folder: str, settings: Settings) -> TokenModel | None:
    """The model in bfloat16, or None where that does not pay."""
    model = load_model(folder, settings=settings)
    config = model.network.encoder_config
    try:
        model.use_bfloat16(bfloat16_gain(model.device, config.hidden_size, config.intermediate_size))
    except ModelUnavailable as error:
        print(error)
        return None
    return model


def over_answers(model: TokenModel) -> TokenModel:
    """The same network as a model of answers beside their passages."""
    pairs = TokenModel(model.name, replace(model.task, part="answer"), model.network, model.tokenizer)
    pairs.precision = model.precision
    return pairs


def cases_of(folder: str, count: int, settings: Settings) -> dict[str, Case]:
    """The sets by name."""
    model, half = load_model(folder, settings=settings), load_half(folder, settings)
    mails, answers = sample("emails", count, longest=True), sample("rag", count)
    random = Random(0)
    alone = {
        "reviews": sample("reviews", count),
        "mails": mails,
        "mixed": cut(mails, [random.randint(8, 510) for _ in range(count)], model),
        "short": cut(mails, [16] * count, model),
    }
    cases = {name: Case(some, [one.text for one in some], model, half) for name, some in alone.items()}
    beside = Case(answers, [whole(one) for one in answers], over_answers(model), half and over_answers(half))
    return {**cases, "rag": beside}


def operations(model: TokenModel, documents: Sequence[Document]) -> float:
    """Multiplications and additions that the rows of documents take without padding."""
    config = model.network.encoder_config
    width, inner, layers = config.hidden_size, config.intermediate_size, config.num_hidden_layers
    lengths = [len(row) for row in model.encode(documents)]
    return float(sum(n * layers * (2 * (4 * width**2 + 2 * width * inner) + 4 * n * width) for n in lengths))


def product(model: TokenModel) -> tuple[Callable[[], object], float]:
    """A product of the feed-forward layer's shape, and its operations."""
    width, inner = model.network.encoder_config.hidden_size, model.network.encoder_config.intermediate_size
    left, right = torch.randn(2048, width), torch.randn(width, inner)
    return lambda: [left @ right for _ in range(20)], 20 * 2.0 * 2048 * width * inner


def ways_of(case: Case, peer: Any) -> dict[str, Callable[[], object]]:
    """What is timed in turn."""
    ways: dict[str, Callable[[], object]] = {
        "product": product(case.model)[0],
        "tokapp": lambda: case.model.predict(case.documents),
        "pipeline_1": lambda: peer(list(case.texts), batch_size=1),
        "pipeline_32": lambda: peer(list(case.texts), batch_size=32),
    }
    half = case.half
    return ways if half is None else {**ways, "bfloat16": lambda: half.predict(case.documents)}


def measure(ways: Mapping[str, Callable[[], object]], rounds: int, clock: Callable[[], float]) -> dict[str, float]:
    """Median seconds by name; the first turn of each warms it up."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds + 1):
        for name, way in ways.items():
            start = clock()
            way()
            if turn:
                times[name].append(clock() - start)
    return {name: median(some) for name, some in times.items()}


def equal_labels(ones: Sequence[Prediction], others: Sequence[Prediction]) -> float:
    """Share of words with the same likeliest class."""
    pairs = [(one.words, other.words) for one, other in zip(ones, others, strict=True)]
    same = [a.probabilities.argmax(1) == b.probabilities.argmax(1) for a, b in pairs if a is not None and b is not None]
    return float(np.concatenate(same).mean())


def logit_difference(model: TokenModel, documents: Sequence[Document], folder: str) -> float:
    """Largest difference between a padded batch and one row at a time, with attention written out step by step."""
    from transformers import AutoModelForTokenClassification

    plain = AutoModelForTokenClassification.from_pretrained(folder, attn_implementation="eager").eval()
    rows, most = model.encode(documents), 0.0
    found = model.forward(model.collate(rows)).token_logits
    assert found is not None
    for row, logits in zip(rows, found, strict=True):
        ids, types = torch.from_numpy(row.input_ids)[None], torch.from_numpy(row.type_ids)[None]
        with torch.inference_mode():
            alone = plain(input_ids=ids, token_type_ids=types).logits[0]
        most = max(most, float((logits[: len(row)] - alone).abs().max()))
    return most


def report(case: Case, peer: Any, rounds: int, clock: Callable[[], float]) -> dict[str, float | int | None]:
    """The ratios of one set."""
    times = measure(ways_of(case, peer), rounds, clock)
    rate = operations(case.model, case.documents) / times["tokapp"] / (product(case.model)[1] / times["product"])
    figures: dict[str, float | int | None] = {"documents": len(case.documents), "rate": rate, "bfloat16": None}
    figures |= {f"over_{name}": times[name] / times["tokapp"] for name in ("pipeline_1", "pipeline_32")}
    if case.half is not None:
        figures["bfloat16"] = times["tokapp"] / times["bfloat16"]
        exact, half = case.model.predict(case.documents), case.half.predict(case.documents)
        figures["bfloat16_equal_labels"] = equal_labels(exact, half)
    print(", ".join(f"{name} {seconds:.3f} s" for name, seconds in times.items()), flush=True)
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in figures.items()}


def main(count: int, rounds: int, threads: int, sets: Sequence[str]) -> None:
    """Measure and print."""
    from transformers import pipeline

    clock = time.process_time if threads == 1 else time.perf_counter
    settings = Settings(Path("nowhere"), "sqlite://", device="cpu", threads=threads)
    with tempfile.TemporaryDirectory() as scratch:
        folder = str(export_plain(load_model("reviews", settings=settings), Path(scratch) / "plain"))
        peer = pipeline(
            "token-classification", model=folder, device="cpu", stride=OVERLAP, aggregation_strategy="simple"
        )
        peer.tokenizer.model_max_length = 512
        cases = cases_of(folder, count, settings)
        found: dict[str, object] = {name: report(cases[name], peer, rounds, clock) for name in sets}
        difference = logit_difference(cases["reviews"].model, cases["reviews"].documents[:20], folder)
    print(json.dumps({"rounds": rounds, "threads": threads, **found, "logit_difference": difference}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("--documents", 100), ("--rounds", 5), ("--threads", 1)):
        parser.add_argument(name, type=int, default=default)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS)
    chosen = parser.parse_args()
    main(chosen.documents, chosen.rounds, chosen.threads, chosen.sets)
