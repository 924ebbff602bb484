"""The curve job: trainings on growing parts of the labels, to tell what more of them would buy."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from tokapp.documents import Document, Json
from tokapp.evaluation.learning_curve import Point
from tokapp.evaluation.splits import components
from tokapp.jobs.context import Context
from tokapp.jobs.payload import CurveForm, read
from tokapp.jobs.predict import project_of
from tokapp.store import JobRow
from tokapp.store.retired import task_without
from tokapp.tasks import Task

if TYPE_CHECKING:
    from tokapp.training import Progress, Recipe


def run(context: Context, job: JobRow) -> Mapping[str, Json]:
    """Train on parts of the labels, several times each, and score every one on the validation part; nothing is saved.

    A second attempt goes on where the first one stopped, and between two trainings the job stands back for any other.
    The test part is not touched. The result holds `points` (documents, seed, figure) and `snapshot`.
    """
    form, project = read(CurveForm, job.payload), context.store.project(project_of(job))
    snapshot = form.snapshot_id or context.store.snapshot(project.id).id
    task = task_without(project.task, context.store.find_snapshot(snapshot).left_out)
    sides = context.store.training_set(snapshot)
    file = context.folder / f"points-{snapshot}.jsonl"
    points = [Point(**json.loads(line)) for line in file.read_text("utf-8").splitlines()] if file.exists() else []
    wanted = [(seed, share) for seed in range(form.seeds) for share in form.shares]
    for number, (seed, share) in enumerate(wanted):
        if number < len(points):
            continue
        context.give_way()
        part = part_of(sides["train"], share, seed=seed)
        report = _reporter(context, number, len(wanted), len(part))
        figure = _score(context, form, part, sides["validation"], task, seed, report)
        points.append(Point(len(part), seed, figure))
        with file.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(asdict(points[-1])) + "\n")
    return {"points": [asdict(point) for point in points], "snapshot": snapshot}


def part_of(documents: Sequence[Document], share: float, *, seed: int) -> list[Document]:
    """About that share of the documents, whole groups only; parts of one seed lie within each other."""
    groups = components(documents)
    order = sorted(set(groups))
    random.Random(seed).shuffle(order)
    chosen, most = list[Document](), max(round(share * len(documents)), 1)
    for group in order:
        if len(chosen) >= most:
            break
        chosen += [one for one, own in zip(documents, groups, strict=True) if own == group]
    return chosen


def _score(
    context: Context,
    form: CurveForm,
    part: Sequence[Document],
    validation: Sequence[Document],
    task: Task,
    seed: int,
    report: Callable[[Progress], None],
) -> float:
    from tokapp.evaluation.report import measure
    from tokapp.training.run import run_steps

    recipe = _recipe(form, seed)
    state = run_steps(recipe, part, validation, task=task, settings=context.settings, on_progress=report)
    figures = measure(state.model().predict(list(validation)), validation, task)
    return figures.get("span_exact_f1", figures.get("document_macro_f1", 0.0))


def _recipe(form: CurveForm, seed: int) -> Recipe:
    from tokapp.training import Recipe

    step = {"step": "fine_tune", "mode": form.mode, "epochs": form.epochs}
    return Recipe.model_validate({"parent": form.base, "seed": seed, "shape": {"max_length": 256}, "steps": [step]})


def _reporter(context: Context, number: int, total: int, documents: int) -> Callable[[Progress], None]:
    message = f"training {number + 1} of {total}, on {documents:,} documents"

    def report(progress: Progress) -> None:
        share = progress.step / max(progress.steps, 1)
        context.report(progress=(number + share) / total, message=message)

    return report
