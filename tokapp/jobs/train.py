"""The train job: a recipe over a snapshot of people's labels, judged on the snapshot's test part beside its parent."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import yaml

from tokapp.documents import Document, Json
from tokapp.evaluation.splits import Split, without_leaks
from tokapp.jobs.context import Context
from tokapp.jobs.payload import TrainForm, read
from tokapp.jobs.predict import predict_documents, project_of
from tokapp.jobs.tracking import log_training
from tokapp.store import JobRow
from tokapp.store.retired import task_without
from tokapp.store.values import DocumentFilter
from tokapp.tasks import Task

if TYPE_CHECKING:
    from tokapp.training import Progress, Recipe

_TRAINING = 0.9
"""Share of the progress bar that the training takes; the rest is judging."""
_POINTS = 300
"""About so many points are kept of a loss curve."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the first attempt settled and every further attempt keeps."""

    snapshot: int
    name: str
    newest: int = 0  # the last document that was there


def run(context: Context, job: JobRow) -> Mapping[str, Json]:
    """Train a candidate; a second attempt goes on from the last checkpoint of the first, on the same snapshot.

    The result holds `model`, `snapshot` and the test figures of the model (`test`) and of its parent (`parent_test`).
    """
    from tokapp import training
    from tokapp.training import Recipe

    form, project = read(TrainForm, job.payload), context.store.project(project_of(job))
    plan = _settle(context, form, project.id)
    task = task_without(project.task, context.store.find_snapshot(plan.snapshot).left_out)
    recipe = Recipe.from_yaml(yaml.safe_dump({**form.recipe, "parent": form.base}), where="the recipe")
    folder = context.settings.models / plan.name
    for half in list(folder.parent.glob(f".{plan.name}.*")):  # an attempt that was killed while it wrote the version
        shutil.rmtree(half, ignore_errors=True)
    if not folder.exists():
        context.report(message="preparing")
        sides = context.store.training_set(plan.snapshot)
        training.train(
            recipe,
            [*sides["train"], *_extra(form.extra, task, sides), *_unlabelled(context, plan, recipe, project.id)],
            sides["validation"],
            task=task,
            settings=context.settings,
            on_progress=_Teller(context),
            output=folder,
            checkpoints=context.folder / "checkpoints",
            data=_origin(context, plan, form, project.id),
        )
    return _judge(context, plan, recipe, project.id, task)


def _settle(context: Context, form: TrainForm, project_id: int) -> _Plan:
    from tokapp.models.registry import free_name

    file = context.folder / "plan.json"
    if file.exists():
        return _Plan(**json.loads(file.read_text("utf-8")))
    without = None if form.without is None else form.without.value()
    snapshot = form.snapshot_id or context.store.snapshot(project_id, without).id
    newest = max(context.store.document_ids(project_id), default=0)
    plan = _Plan(snapshot, free_name(context.settings.models, form.name), newest)
    temporary = file.with_suffix(".part")
    temporary.write_text(json.dumps(asdict(plan)), "utf-8")
    temporary.replace(file)
    return plan


def _unlabelled(context: Context, plan: _Plan, recipe: Recipe, project_id: int) -> Sequence[Document]:
    """Texts for the steps that learn from unlabelled ones: of the training part, the same ones in every attempt.

    What was labelled since the snapshot counts as unlabelled still; a split's groups keep out what is judged on.
    """
    if not recipe.unlabelled:
        return ()
    known = set(context.store.snapshot_ids(plan.snapshot, "train"))
    there = context.store.document_ids(project_id, DocumentFilter(split="train"))
    known.update(context.store.straddling(project_id))
    ids = [pk for pk in there if pk <= plan.newest and pk not in known]
    chosen = sorted(Random(recipe.seed).sample(ids, min(recipe.unlabelled, len(ids))))
    bare: dict[str, Any] = {"spans": (), "label": None, "is_reviewed": False, "reasons": ()}
    return [replace(document, **bare) for _, document in context.store.load_documents(chosen)]


def _origin(context: Context, plan: _Plan, form: TrainForm, project_id: int) -> dict[str, Json]:
    """Which snapshot of which database a version learns from, and what was left out of it on purpose."""
    store = context.store
    digest = store.find_snapshot(plan.snapshot).digest
    data: dict[str, Json] = {"database": store.identity(), "project": project_id, "snapshot": plan.snapshot}
    return data | {"digest": digest} | ({} if form.without is None else {"without": str(form.without.value())})


def _extra(file: str | None, task: Task, sides: Mapping[Split, Sequence[Document]]) -> Sequence[Document]:
    """The documents of a file beside the project's, without those that would tell what is judged on."""
    from tokapp.formats import read_documents

    if not file:
        return ()
    documents = read_documents(Path(file), task, all_reviewed=True)
    return without_leaks(documents, [*sides["validation"], *sides["test"]])


class _Teller:
    """Passes a training's progress on to the job's row, with a curve that does not grow without end."""

    def __init__(self, context: Context) -> None:
        self._context, self._last, self._part = context, -1, 0

    def __call__(self, progress: Progress) -> None:
        if progress.part != self._part:
            self._last, self._part = -1, progress.part
        every = max(progress.steps // _POINTS, 1)
        is_new = progress.validation_f1 is not None or progress.step >= self._last + every
        point: dict[str, Json] | None = None
        if is_new and progress.step > 0:
            self._last = progress.step
            point = {"step": progress.step, "loss": progress.loss, "part": progress.part}
            if progress.validation_f1 is not None:
                point["validation_f1"] = progress.validation_f1
        part = f"part {progress.part + 1} of {progress.parts}, " if progress.parts > 1 else ""
        message = f"{part}step {progress.step} of {progress.steps}"
        self._context.report(progress=_TRAINING * progress.share, message=message, curve=point)


def _judge(context: Context, plan: _Plan, recipe: Recipe, project_id: int, task: Task) -> dict[str, Json]:
    """Enter the version with its figures on the test part, and those of its parent, and keep both's predictions."""
    from tokapp.models.registry import describe

    store = context.store
    figures: dict[str, Json] = {}
    names = {"test": plan.name, **({"parent_test": recipe.parent} if recipe.parent else {})}
    context.model(plan.name)  # raises ModelCorrupt: nobody is to see a version that cannot be loaded
    store.add_model(plan.name, task.name, parent=recipe.parent, snapshot_id=plan.snapshot, project_id=project_id)
    for key, name in names.items():
        context.report(progress=_TRAINING, message=f"scoring {name}")
        figures[key] = _test_figures(context, name, plan.snapshot, project_id, task)
    _read_golden(context, plan.name, project_id, task)
    kept: dict[str, Json] = {**describe(context.settings.models / plan.name).metrics, **figures}
    store.add_model(
        plan.name,
        task.name,
        parent=recipe.parent,
        snapshot_id=plan.snapshot,
        project_id=project_id,
        metrics=kept,
        recipe=recipe.model_dump(mode="json"),
    )
    trouble = log_training(
        context.settings, plan.name, task=task.name, recipe=recipe.model_dump(mode="json"), figures=kept
    )
    if trouble is not None:
        context.report(log=trouble)
    return {"model": plan.name, "snapshot": plan.snapshot, **figures}


def _test_figures(context: Context, name: str, snapshot: int, project_id: int, task: Task) -> dict[str, Json]:
    """Figures of a model on the test part of a snapshot: computed once and kept, however often they are asked for."""
    from tokapp.evaluation.report import measure_once

    store, kept = context.store, context.store.test_scores(name, snapshot)
    if kept:
        return dict(kept[0].figures)
    ids, documents = store.snapshot_ids(snapshot, "test"), store.training_set(snapshot)["test"]
    predict_documents(context, context.model(name), project_id, ids, total=len(ids), share=(_TRAINING, 1.0))
    found = [store.prediction(pk, name) for pk in ids]
    figures = measure_once([one for one in found if one is not None], documents, task) if documents else {}
    return dict(store.keep_score(name, snapshot, dict(figures), by="training").figures)


def _read_golden(context: Context, name: str, project_id: int, task: Task) -> None:
    """Let a new version and the model in use read the golden set, so that it can be promoted or refused at once."""
    store = context.store
    golden, in_use = store.golden_set(project_id), store.promoted(task.name)
    if golden is None:
        return
    ids = list(store.golden_documents(golden))
    for model in (name, *([in_use.name] if in_use else [])):
        known = store.predictions_among(ids, model)
        left = [pk for pk in ids if pk not in known]
        if left:
            predict_documents(context, context.model(model), project_id, left, total=len(left), share=(1.0, 1.0))
