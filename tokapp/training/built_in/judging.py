"""The figures of built-in models: on held-out data, on sources that were not trained on, beside baselines."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from tokapp import places
from tokapp.documents import Document, Json
from tokapp.evaluation.report import measure
from tokapp.evaluation.splits import Split
from tokapp.models.loading import load_folder
from tokapp.models.token_model import TokenModel
from tokapp.settings import Settings
from tokapp.tasks import load_task
from tokapp.training.built_in.plan import Plan, Row, Splits
from tokapp.training.run import run_steps

OURS = "tokapp"


def find_plan(name: str) -> Plan:
    """The plan of a built-in model."""
    plan: Plan = import_module(f"tokapp.training.built_in.{name}").PLAN
    return plan


def evaluate_model(name: str, data: Path) -> str:
    """A table of the shipped model's figures, computed now; leave-one-source-out rows are those of its making."""
    plan, settings = find_plan(name), Settings.from_environment(os.environ)
    model = load_folder(places.data() / "models" / name, settings=settings)
    splits = plan.load(data)
    rows = [*judge(plan, model, splits, data), *rows_from_json(model.metrics.get("left_out"))]
    head = f"{name}: {len(splits['test'])} held-out documents; columns 'without ...' were measured when it was built"
    return "\n".join([head, "", table(rows), "", *verdicts(plan, rows)])


def judge(plan: Plan, model: TokenModel, splits: Splits, data: Path) -> list[Row]:
    """Our model and the baselines, on test and on every further set."""
    sets = {"test": splits["test"], **plan.extra(data)}
    return [row for name, documents in sets.items() for row in _judge_on(plan, model, splits, documents, on=name)]


def _judge_on(plan: Plan, model: TokenModel, splits: Splits, documents: Sequence[Document], *, on: str) -> list[Row]:
    """Our model on these documents, then the baselines, which fit on train as ever."""
    baselines = plan.baselines({**splits, "test": documents})
    return [_row(plan, model, documents, on=on), *(replace(row, on=on) for row in baselines)]


def judge_left_out(
    plan: Plan, splits: Splits, settings: Settings, checkpoints: Path, say: Callable[[str], None]
) -> list[Row]:
    """For each source of the plan: train without it, and judge ours and the baselines on the test of `leave_out`.

    Trainings that were stopped go on from the last of the `checkpoints`.
    """
    rows: list[Row] = []
    for source in plan.leave_out:
        say(f"{plan.task}: training once more without {source}")
        without, task = leave_out(splits, source, beside=plan.beside), load_task(plan.task)
        folder = checkpoints / f"without-{source}"
        state = run_steps(
            plan.recipe, without["train"], without["validation"], task=task, settings=settings, checkpoints=folder
        )
        rows += _judge_on(plan, state.model(), without, without["test"], on=f"without {source}")
    return rows


def leave_out(splits: Splits, source: str, *, beside: Collection[str] = ()) -> dict[Split, list[Document]]:
    """Train and validation without a source (`meta["source"]`); that source's test documents.

    With them stand the other sources' test documents of the labels `beside`: alone, a source of one label would praise
    a model that gives this label to everything.
    """

    def is_from(document: Document) -> bool:
        return document.meta.get("source") == source

    return {
        "train": [document for document in splits["train"] if not is_from(document)],
        "validation": [document for document in splits["validation"] if not is_from(document)],
        "test": [document for document in splits["test"] if is_from(document) or document.label in beside],
    }


def _row(plan: Plan, model: TokenModel, documents: Sequence[Document], *, on: str) -> Row:
    predictions = model.predict(documents)
    figures = measure(predictions, documents, model.task)
    return Row(OURS, {**figures, **plan.measure(predictions, documents)}, on)


def table(rows: Sequence[Row]) -> str:
    """Measures down, rows across."""
    names = list(dict.fromkeys(name for row in rows for name in row.measures))
    heads = ["measure", *(f"{row.name} ({row.on})" for row in rows)]
    lines = [[name, *(f"{row.measures[name]:.3f}" if name in row.measures else "" for row in rows)] for name in names]
    widths = [max(len(line[column]) for line in [heads, *lines]) for column in range(len(heads))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in [heads, *lines]
    )


def verdicts(plan: Plan, rows: Sequence[Row]) -> list[str]:
    """For each figure that is asked for: what it is, and whether it is reached."""
    ours = next(row for row in rows if row.name == OURS and row.on == "test").measures
    return [
        f"{name}: {ours[name]:.3f}, asked for {least:.2f}: {'reached' if ours[name] >= least else 'NOT reached'}"
        for name, least in plan.check.items()
    ]


def rows_to_json(rows: Sequence[Row]) -> list[Json]:
    """Rows as records."""
    return [{"name": row.name, "on": row.on, "measures": dict(row.measures)} for row in rows]


def rows_from_json(records: Json) -> list[Row]:
    """Rows from records; none from anything else."""
    found = []
    for record in records if isinstance(records, list) else []:
        if isinstance(record, Mapping) and isinstance(record["measures"], Mapping):
            measures = {name: float(str(value)) for name, value in record["measures"].items()}
            found.append(Row(str(record["name"]), measures, str(record["on"])))
    return found
