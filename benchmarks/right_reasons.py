"""What marked reasons do to a model: HateXplain, trained with and without the right-reasons penalty.

HateXplain (Mathew et al. 2021) has the words that people gave as evidence for calling a post offensive or hateful; all
other words of such a post count as no evidence. Its validation part is cut into training and validation posts by a hash
of their ids, its test part is looked at once, by the models of weight 0 and of the weight with the best validation F1.
Intervals are percentile bootstraps over posts of means over seeds. The data is in the shared shape of one JSON object a
line ("spans" labelled `rationale`, "label", meta "split"). The backbone is the first layers of the built-in one: all of
it takes ten minutes of one CPU core. Models are kept in the folder of results, so that a run that was stopped goes on:
`python -m benchmarks.right_reasons DATA RESULTS [TRAINING POSTS] [EXPLAINED POSTS]`.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from statistics import mean

import numpy as np
import torch

from tokapp.documents import Attribution, Document, Offset, Reason, Target
from tokapp.evaluation.bootstrap import bootstrap_interval
from tokapp.evaluation.documents import label_scores
from tokapp.evaluation.splits import split_of
from tokapp.explanations import explain
from tokapp.explanations.judging import marked_reasons, plausibility
from tokapp.formats import read_documents
from tokapp.models import TokenModel
from tokapp.models.config import Shape
from tokapp.models.encoding import collate
from tokapp.models.loading import load_folder
from tokapp.models.network import Inputs
from tokapp.settings import Settings
from tokapp.tasks import Label, Task
from tokapp.training import Recipe, train
from tokapp.training.right_reasons import watched_embeddings
from tokapp.training.steps.evaluate import Evaluate
from tokapp.training.steps.fine_tune import FineTune
from tokapp.training.steps.right_reasons import RightReasons

LABELS = ("normal", "offensive", "hatespeech")
TASK = Task("posts", "Posts", (Label("rationale", "#888888"),), tuple(Label(name, "#336699") for name in LABELS))
WHOLE = replace(TASK, span_labels=())
WEIGHTS, SEEDS = (3.0, 30.0), (0, 1, 2)
EPOCHS, LENGTH, LAYERS, VALIDATION = 3, 64, 3, 200
BUDGET, DRAWS = 64, 20
MEASURES = ("auprc", "token_f1", "iou_f1")


@dataclass(frozen=True, slots=True)
class Posts:
    """The three sides; `explained` are those of the test side whose marked words explanations are compared with."""

    train: Sequence[Document]
    validation: Sequence[Document]
    test: Sequence[Document]
    explained: Sequence[Document]


def load_posts(data: Path, training: int, explained: int) -> Posts:
    """Posts whose marked words are reasons for their label, in an order that has nothing to do with the file's."""
    everything = [one for one in read_documents(data, TASK) if one.label in LABELS]
    posts = sorted(map(_with_reasons, everything), key=lambda one: sha256(one.id.encode()).hexdigest())
    test = [one for one in posts if one.meta["split"] == "test"]
    rest = [one for one in posts if one.meta["split"] != "test"]
    validation = [one for one in rest if split_of(one.id, seed="right reasons") != "train"][:VALIDATION]
    chosen = [one for one in rest if split_of(one.id, seed="right reasons") == "train"][:training]
    return Posts(chosen, validation, test, [one for one in test if one.reasons][:explained])


def _with_reasons(post: Document) -> Document:
    marks = tuple(Reason(span.start, span.end, post.label or "") for span in post.spans)
    return replace(post, spans=(), reasons=marks, task=WHOLE.name)


def model_of(posts: Posts, weight: float, seed: int, results: Path) -> TokenModel:
    """The model of a weight and a seed, trained unless it is there."""
    folder = results / f"{len(posts.train)}-weight-{weight:g}-seed-{seed}"
    settings = Settings(home=results, database_url="sqlite://", device="cpu")
    if folder.exists():
        return load_folder(folder, settings=settings)
    start = time.process_time()
    steps = (
        RightReasons(weight=weight, only_evidence=True),
        FineTune(mode="lora", epochs=EPOCHS, learning_rate=1e-3),
        Evaluate(),
    )
    recipe = Recipe(shape=Shape(max_length=LENGTH, layers=LAYERS), seed=seed, steps=steps)
    model = train(recipe, posts.train, posts.validation, task=WHOLE, settings=settings, output=folder)
    print(f"trained weight {weight:g}, seed {seed}: {time.process_time() - start:.0f} s of CPU", flush=True)
    return model


def macro_f1(posts: Sequence[Document], predicted: Sequence[Sequence[str | None]]) -> float:
    """Mean over seeds of the macro F1."""
    gold = [str(one.label) for one in posts]
    return mean(label_scores(gold, labels).macro_f1 for labels in predicted)


def labels_of(model: TokenModel, posts: Sequence[Document]) -> list[str | None]:
    """What a model calls posts."""
    return [one.label for one in model.predict(posts)]


def choose(posts: Posts, results: Path) -> float:
    """The weight above 0 with the best F1 on validation, at the first seed; the smallest of equals."""
    found = {}
    for weight in (0.0, *WEIGHTS):
        model = model_of(posts, weight, SEEDS[0], results)
        found[weight] = macro_f1(posts.validation, [labels_of(model, posts.validation)])
        print(f"weight {weight:g}: macro F1 {found[weight]:.3f} on validation", flush=True)
    return max(WEIGHTS, key=lambda weight: found[weight])


def explanations(model: TokenModel, post: Document) -> dict[str, Attribution]:
    """Why a post has its label, method by method."""
    target = Target("document", str(post.label))
    [shapley] = explain(model, post, [target], budget=BUDGET)
    [left_out] = explain(model, post, [target], method="leave-one-out")
    gradient = replace(shapley, values=gradient_of(model, post, shapley.words), method="gradient")
    return {"shapley": shapley, "leave-one-out": left_out, "gradient": gradient}


def gradient_of(model: TokenModel, post: Document, words: Sequence[Offset]) -> tuple[float, ...]:
    """Norm of the gradient of the label's log-probability by the embeddings of each word's tokens."""
    [row] = model.encode([post])
    batch = collate([row], pad_id=0)
    tensors = [torch.from_numpy(one) for one in (batch.input_ids, batch.attention_mask, batch.type_ids, batch.part)]
    with torch.enable_grad(), watched_embeddings(model.network, {"wrong": tensors[0]}) as embeddings:
        logits = model.network(Inputs(*tensors)).document_logits
        assert logits is not None
        said = logits.log_softmax(dim=-1)[0, LABELS.index(str(post.label))]
        (gradient,) = torch.autograd.grad(said, embeddings[0])
    norms = gradient[0].norm(dim=-1).numpy()
    inside = [(row.offsets[:, 0] < end) & (start < row.offsets[:, 1]) for start, end in words]
    return tuple(float(norms[is_mine].sum()) for is_mine in inside)


Judged = dict[str, dict[str, float]]
"""Of one post: method to measure to value."""


def judged(post: Document, found: Mapping[str, Attribution], top: int) -> Judged:
    """How well explanations of a post agree with its marks."""
    return {method: _plausible(post, one, top) for method, one in found.items()}


def _plausible(post: Document, found: Attribution, top: int) -> dict[str, float]:
    scores = plausibility([(found, marked_reasons(post, found.target))], top=top)
    return {name: getattr(scores, name) for name in MEASURES}


def random_orders(post: Document, words: Attribution, top: int) -> dict[str, float]:
    """The same of words in a random order, on average."""
    random = np.random.default_rng(int(sha256(post.id.encode()).hexdigest()[:8], 16))
    drawn = [replace(words, values=tuple(random.permutation(len(words.words)) + 1.0)) for _ in range(DRAWS)]
    scores = [_plausible(post, one, top) for one in drawn]
    return {name: mean(one[name] for one in scores) for name in MEASURES}


def judge_seed(posts: Posts, weight: float, seed: int, results: Path) -> tuple[list[str | None], list[Judged]]:
    """Labels of the test posts, and of each explained post how plausible its explanations are; kept in a file."""
    file = results / f"judged-{len(posts.train)}-{len(posts.explained)}-{weight:g}-{seed}.json"
    if not file.exists():
        model, start = model_of(posts, weight, seed, results), time.process_time()
        labels = labels_of(model, posts.test)
        top = mean_marked(posts.explained)
        rows = []
        for post in posts.explained:
            found = explanations(model, post)
            rows.append({**judged(post, found, top), "random order": random_orders(post, found["shapley"], top)})
        file.write_text(json.dumps([labels, rows]), "utf-8")
        print(f"judged weight {weight:g}, seed {seed}: {time.process_time() - start:.0f} s of CPU", flush=True)
    labels, rows = json.loads(file.read_text("utf-8"))
    return labels, rows


def mean_marked(posts: Sequence[Document]) -> int:
    """How many words are marked in a post on average."""
    return max(1, round(mean(sum(len(post.text[r.start : r.end].split()) for r in post.reasons) for post in posts)))


Figure = tuple[float, tuple[float, float]]
"""A value with its interval."""


def with_interval(count: int, measure: Callable[[Sequence[int]], float]) -> Figure:
    """A measure of posts, given by their places, with its bootstrap interval."""
    return measure(range(count)), bootstrap_interval(range(count), measure)


def compare(posts: Posts, weight: float, results: Path) -> dict[str, dict[str, Figure]]:
    """Figures of weight 0, of the chosen one, and of their difference, by name."""
    runs = {w: [judge_seed(posts, w, seed, results) for seed in SEEDS] for w in (0.0, weight)}
    measures: dict[str, Callable[[float, Sequence[int]], float]] = {"macro F1": partial(_f1_at, posts, runs)}
    for method in ("shapley", "leave-one-out", "gradient"):
        for name in MEASURES:
            measures[f"{method} {name}"] = partial(_plausible_at, runs, method, name)
    return {name: _rows(one, len(posts.test if name == "macro F1" else posts.explained), weight)
            for name, one in measures.items()}  # fmt: skip


def _rows(measure: Callable[[float, Sequence[int]], float], count: int, weight: float) -> dict[str, Figure]:
    return {
        "weight 0": with_interval(count, partial(measure, 0.0)),
        f"weight {weight:g}": with_interval(count, partial(measure, weight)),
        "difference": with_interval(count, lambda at: measure(weight, at) - measure(0.0, at)),
    }


Runs = Mapping[float, Sequence[tuple[list[str | None], list[Judged]]]]


def _f1_at(posts: Posts, runs: Runs, weight: float, places: Sequence[int]) -> float:
    return macro_f1([posts.test[at] for at in places], [[labels[at] for at in places] for labels, _ in runs[weight]])


def _plausible_at(runs: Runs, method: str, name: str, weight: float, places: Sequence[int]) -> float:
    return mean(mean(rows[at][method][name] for at in places) for _, rows in runs[weight])


def main(data: Path, results: Path, training: int = 500, explained: int = 40) -> None:
    """Train, choose, test once and print; the last line is one JSON object."""
    posts = load_posts(data, training, explained)
    results.mkdir(parents=True, exist_ok=True)
    weight = choose(posts, results)
    figures = compare(posts, weight, results)
    _, rows = judge_seed(posts, 0.0, SEEDS[0], results)
    [(most, _)] = Counter(str(one.label) for one in posts.train).most_common(1)
    chance = {name: mean(row["random order"][name] for row in rows) for name in MEASURES}
    print(f"{len(posts.test)} test posts, {len(posts.explained)} of them explained, mean of {len(SEEDS)} seeds")
    for name, row in figures.items():
        cells = (f"{way} {value:+.3f} [{low:+.3f}, {high:+.3f}]" for way, (value, (low, high)) in row.items())
        print(f"{name:<24}", *cells)
    trivial = {"always " + most: macro_f1(posts.test, [[most] * len(posts.test)]), "random order": chance}
    print(json.dumps({"train": len(posts.train), "weight": weight, "figures": figures, "trivial": trivial}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:]))
