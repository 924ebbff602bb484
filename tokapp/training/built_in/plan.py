"""What a built-in model needs to say about itself; each module of this folder defines one `PLAN`.

`build` (see `tokapp.training.built_in`) does everything that is the same for all:

1. `plan.load(data)` reads the data folder and returns documents by split. Split by group with
   `tokapp.evaluation.splits.split_of(group, seed=plan.task)`, where the group is a thread, passage or app user.
   Anything that is made up to grow the data (swapped numbers, ...) goes into "train" only. Set `is_reviewed=True` on
   every document whose spans are complete (an unreviewed document without spans says nothing and is not trained on).
2. `tokapp.training.train(plan.recipe, train, validation, task=...)`; selection and calibration see validation only.
3. One evaluation on "test", and on every set of `plan.extra(data)` (sources that were not trained on).
4. `plan.baselines(splits)` gives the rows printed beside ours, on test and on every further set.
5. `plan.check` maps a measure to the least value that is asked for; `make evaluate` prints whether it is reached.
6. The card (data, licence, splits, figures, date, recipe, limits) and the registry folder `data/models/<task>`.

Where a task needs figures of its own, `plan.measure(predictions, documents)` adds them. Numbers per word that the
backbone cannot see come in by `Shape(features="name")`, a function `name(document, words) -> float32 [words, k]` in
`tokapp/models/features.py`; evidence spans by `Shape(spans="evidence")`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from tokapp.documents import Document, Prediction
from tokapp.evaluation.splits import Split
from tokapp.training.recipe import Recipe

Splits: TypeAlias = Mapping[Split, Sequence[Document]]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: who (a baseline, our model), on which set, and the figures by name."""

    name: str
    measures: Mapping[str, float]
    on: str = "test"


@dataclass(frozen=True, slots=True)
class CardText:
    """What a card says in words: the data with its licence, what the model is for, and what it cannot do."""

    summary: str
    data: str
    licence: str
    limits: str


def no_documents(_: Path) -> Mapping[str, Sequence[Document]]:
    """No further evaluation sets."""
    return {}


def no_rows(_: Splits) -> Sequence[Row]:
    """No baselines."""
    return ()


def no_measures(_: Sequence[Prediction], __: Sequence[Document]) -> Mapping[str, float]:
    """No further figures."""
    return {}


@dataclass(frozen=True, slots=True)
class Plan:
    """A built-in model: how its data is read, how it is trained, and how it is judged.

    `measure` adds figures to the standard ones of `tokapp.evaluation.report`, which are (where the task has them)
    span_exact_precision / recall / f1, span_overlap_precision / recall / f1, character_precision / recall / f1,
    example_f1, word_ece, document_macro_f1, document_accuracy, document_ece and document_f1_<label>.
    `baselines(splits)` fits on train and returns rows on what stands as test. `leave_out` names sources: for each, the
    build trains once more without the documents whose `meta["source"]` is that source, and judges ours and the
    baselines on its test documents (rows on="without <source>") together with the other sources' test documents of
    the labels `beside`, so that false alarms count.
    """

    task: str
    load: Callable[[Path], Splits]
    recipe: Recipe
    card: CardText
    check: Mapping[str, float] = field(default_factory=dict)
    extra: Callable[[Path], Mapping[str, Sequence[Document]]] = no_documents
    baselines: Callable[[Splits], Sequence[Row]] = no_rows
    measure: Callable[[Sequence[Prediction], Sequence[Document]], Mapping[str, float]] = no_measures
    leave_out: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
