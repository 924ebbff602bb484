"""What each training step is worth: one base recipe against the same recipe with one step more, on real data.

Three seeds a cell; the test side is predicted once by each trained network and selects nothing (epochs are chosen on
validation). Figures are over the counts of all seeds, differences with a percentile bootstrap interval and a paired
randomisation test over documents (`tokapp.evaluation.significance`), Holm corrected over the steps of a corpus. Sides
are drawn by group (`tokapp.evaluation.splits`) or are the source's own.

Predictions are kept in the folder of results, a file a cell, so that a run that was stopped goes on and figures can be
computed again without training: `python -m benchmarks.steps DATA RESULTS [--corpora reviews ...] [--steps average ...]
[--seeds 0 1 2] [--table]`. One thread unless TOKAPP_THREADS says otherwise.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tokapp.documents import Document, Span
from tokapp.evaluation.bootstrap import f1
from tokapp.evaluation.significance import LEVEL, holm, paired_test
from tokapp.evaluation.spans import Counts, character_counts, exact_counts
from tokapp.settings import Settings
from tokapp.tasks import Label, Task, load_task
from tokapp.training import Recipe
from tokapp.training.built_in.corpora import by_split, read_corpus
from tokapp.training.run import run_steps

SEEDS = (0, 1, 2)
BASE: Mapping[str, Any] = {"step": "fine_tune", "mode": "lora", "epochs": 5, "learning_rate": 1e-3, "average": 1}


@dataclass(frozen=True, slots=True)
class Corpus:
    """A task with documents by side, the shape of its models, and the measure it is judged by.

    `count` gives the counts behind the measure of one document, gold and predicted; a corpus of document labels has
    none and is judged by the share of right ones. `steps` are those that mean something for it.
    """

    task: Task
    train: Sequence[Document]
    validation: Sequence[Document]
    test: Sequence[Document]
    measure: str
    count: Callable[[Sequence[Span], Sequence[Span]], Counts] | None
    shape: Mapping[str, Any]
    steps: tuple[str, ...]


def before(*steps: Mapping[str, Any], **changes: Any) -> list[Mapping[str, Any]]:
    """The base recipe with steps before its fine-tuning, or with other settings of it."""
    return [*steps, {**BASE, **changes}]


STEPS: Mapping[str, Callable[[], list[Mapping[str, Any]]]] = {
    "base": before,
    "full": lambda: before(mode="full", learning_rate=1e-4),
    "bottleneck": lambda: before(mode="bottleneck"),
    "head": lambda: before(mode="head", learning_rate=5e-3),
    "continue_pretraining": lambda: before({"step": "continue_pretraining", "epochs": 2}),
    "select_instances": lambda: before({"step": "select_instances", "share": 0.5}),
    "weigh_tokens": lambda: before({"step": "weigh_tokens", "ratio": 0.8}),
    "average": lambda: before(average=3),
    "runs": lambda: before(runs=3),
    "contrast": lambda: before({"step": "contrast", "learn": {"epochs": 2, "learning_rate": 2e-4}}),
    "prefer": lambda: [*before(), {"step": "prefer", "learn": {"epochs": 1, "learning_rate": 1e-4}}],
    "calibrate": lambda: [*before(), {"step": "calibrate"}],
}
SPANS = ("base", "full", "bottleneck", "head", "continue_pretraining", "select_instances", "weigh_tokens", "average",
         "runs", "prefer", "calibrate")  # fmt: skip
LABELS = ("base", "full", "bottleneck", "head", "continue_pretraining", "average", "runs", "contrast", "prefer")


def reviews(data: Path) -> Corpus:
    """Features in reviews; unlabelled reviews stand in training for the steps that read them."""
    from tokapp.training.built_in.reviews import load

    sides = load(data)
    labelled = [one for one in sides["train"] if one.is_reviewed]
    texts = in_some_order([one for one in sides["train"] if not one.is_reviewed])[:2000]
    shape = {"max_length": 64}
    task, test = load_task("reviews"), sides["test"]
    return Corpus(task, [*labelled, *texts], sides["validation"], test, "span F1", exact_counts, shape, SPANS)


def wnut17(data: Path) -> Corpus:
    """Rare entities in messages; the source's own sides, the smaller part of its training side."""
    names = ("person", "location", "group", "creative-work", "product", "corporation")
    task = Task("wnut17", "Entities", tuple(Label(name, "#336699") for name in names), noun="message")
    sides = own_sides(read_corpus(data, "wnut17"), task, {"train": "train", "validation": "dev", "test": "test"})
    train, validation = in_some_order(sides["train"])[:1200], in_some_order(sides["validation"])[:300]
    return Corpus(task, train, validation, sides["test"], "span F1", exact_counts, {"max_length": 64}, SPANS)


def toxic_spans(data: Path) -> Corpus:
    """Toxic words of comments, by characters as in the shared task; the sides are drawn here."""
    task = Task("toxic", "Toxic words", (Label("toxic", "#cc3311"),), noun="comment")
    documents = [replace(one, task=task.name) for one in read_corpus(data, "toxic-spans", file="toxic-spans-train")]
    sides = by_split(documents, (one.text for one in documents), seed="toxic-spans")
    train, validation = in_some_order(sides["train"])[:1000], in_some_order(sides["validation"])[:200]
    test = in_some_order(sides["test"])[:600]
    return Corpus(task, train, validation, test, "character F1", character_counts, {"max_length": 64}, SPANS)


def hatexplain(data: Path) -> Corpus:
    """Posts that are normal, offensive or hateful; the source's own test side."""
    names = ("normal", "offensive", "hatespeech")
    task = Task("posts", "Posts", (), tuple(Label(name, "#336699") for name in names), noun="post")
    documents = [replace(one, spans=()) for one in read_corpus(data, "hatexplain") if one.label in names]
    sides = own_sides(documents, task, {"train": "train", "validation": "val", "test": "test"})
    pool = in_some_order([*sides["train"], *sides["validation"]])
    return Corpus(task, pool[200:1400], pool[:200], sides["test"], "accuracy", None, {"max_length": 64}, LABELS)


CORPORA: Mapping[str, Callable[[Path], Corpus]] = {
    "reviews": reviews, "wnut17": wnut17, "toxic-spans": toxic_spans, "hatexplain": hatexplain,
}  # fmt: skip


def own_sides(documents: Sequence[Document], task: Task, names: Mapping[str, str]) -> dict[str, list[Document]]:
    """Documents by the side that their source put them on; copies of held-out texts are not trained on."""
    sides = {
        side: [replace(one, task=task.name) for one in documents if one.meta["split"] == name]
        for side, name in names.items()
    }
    held_out = {one.text for side in ("validation", "test") for one in sides[side]}
    return {**sides, "train": [one for one in sides["train"] if one.text not in held_out]}


def in_some_order(documents: Sequence[Document]) -> list[Document]:
    """In an order that has nothing to do with the file's."""
    return sorted(documents, key=lambda one: sha256(one.id.encode()).hexdigest())


def cell(name: str, corpus: Corpus, step: str, seed: int, results: Path) -> list[Any]:
    """What a recipe predicts on the test side: spans of each document, or its label; trained unless it is known."""
    path = results / f"{name}-{step}-{seed}.json"
    if path.exists():
        found: list[Any] = json.loads(path.read_text("utf-8"))["predicted"]
        return found
    shape, start = dict(corpus.shape), time.process_time()
    recipe = Recipe.model_validate({"shape": shape, "seed": seed, "steps": STEPS[step]()})
    settings = Settings(home=results, database_url="sqlite://", device="cpu")
    state = run_steps(recipe, corpus.train, corpus.validation, task=corpus.task, settings=settings)
    model, used = state.model(), time.process_time() - start
    predictions = model.predict(corpus.test)
    predicted = [
        [[span.start, span.end, span.label] for span in one.spans] if corpus.count else one.label for one in predictions
    ]
    record = {"cpu_seconds": round(used, 1), "recipe": recipe.model_dump(mode="json"), "predicted": predicted}
    path.write_text(json.dumps(record), "utf-8")
    print(f"{name} {step} seed {seed}: {used:.0f} s of CPU", flush=True)
    return predicted


def counts(corpus: Corpus, cells: Sequence[Sequence[Any]]) -> Any:
    """Counts behind the measure [documents, 4], summed over the seeds; a document's label is one thing to be right."""
    if corpus.count is None:
        right = np.array([[label == one.label for one, label in zip(corpus.test, cell, strict=True)] for cell in cells])
        everything = np.full(len(corpus.test), len(cells))
        return np.stack([right.sum(axis=0), everything, right.sum(axis=0), everything], axis=1).astype(np.float64)
    return np.sum([_table(corpus, one) for one in cells], axis=0, dtype=np.float64)


def _table(corpus: Corpus, predicted: Sequence[Any]) -> Any:
    assert corpus.count is not None
    found = [corpus.count(one.spans, [Span(*span) for span in some])
             for one, some in zip(corpus.test, predicted, strict=True)]  # fmt: skip
    return np.array([[one.right_predicted, one.predicted, one.right_gold, one.gold] for one in found])


def rows(name: str, corpus: Corpus, found: Mapping[str, Sequence[Sequence[Any]]]) -> Iterator[str]:
    """The table of a corpus as Markdown."""
    tables = {step: counts(corpus, cells) for step, cells in found.items()}
    base = tables.pop("base")
    yield f"| {name} ({corpus.measure}) | base | {f1(base.sum(axis=0)):.3f} | | |"
    tests = {step: paired_test(base, table) for step, table in tables.items()}
    for (step, one), p in zip(tests.items(), holm([one.p for one in tests.values()]), strict=True):
        verdict = "no significant difference" if p >= LEVEL else "helps" if one.difference > 0 else "harms"
        change = f"{one.difference:+.3f} ({one.low:+.3f} to {one.high:+.3f})"
        yield f"| | {step} | {f1(tables[step].sum(axis=0)):.3f} | {change} | p = {p:.3f}: {verdict} |"


def main() -> None:
    """Train what is missing and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("results", type=Path)
    parser.add_argument("--corpora", nargs="+", choices=CORPORA, default=list(CORPORA))
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=list(STEPS))
    parser.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS))
    parser.add_argument("--table", action="store_true", help="train nothing; cells that are missing are left out")
    asked = parser.parse_args()
    torch.set_num_threads(int(os.environ.get("TOKAPP_THREADS") or 1))
    asked.results.mkdir(parents=True, exist_ok=True)
    corpora = {name: CORPORA[name](asked.data) for name in asked.corpora}
    found: dict[str, dict[str, list[Any]]] = {name: {} for name in corpora}
    for seed in asked.seeds:  # seed by seed: what was stopped early is a whole table of fewer seeds
        for name, corpus in corpora.items():
            for step in ("base", *(one for one in asked.steps if one != "base")):
                is_known = (asked.results / f"{name}-{step}-{seed}.json").exists()
                if step in corpus.steps and (is_known or not asked.table):
                    found[name].setdefault(step, []).append(cell(name, corpus, step, seed, asked.results))
    print("| corpus | recipe | score | against base (95 % interval) | paired test, Holm |")
    print("| --- | --- | --- | --- | --- |")
    for name, corpus in corpora.items():
        complete = {step: cells for step, cells in found[name].items() if len(cells) == len(asked.seeds)}
        for row in rows(name, corpus, complete) if "base" in complete else ():
            print(row, flush=True)


if __name__ == "__main__":
    main()
