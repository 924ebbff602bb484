"""Predictions for labelled documents by models that were trained on the other ones."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING

from tokapp.documents import Document, Prediction
from tokapp.errors import BadInput
from tokapp.evaluation.splits import group_of
from tokapp.jobs.context import Context
from tokapp.ranking.label_errors import FOLDS

if TYPE_CHECKING:
    from tokapp.training.progress import Progress
    from tokapp.training.recipe import Recipe

FEWEST = 30
"""Labelled documents below which a model trained on two thirds of them would doubt everything."""


def predict(
    context: Context, project_id: int, model: str, pairs: Sequence[tuple[int, Document]]
) -> dict[int, Prediction]:
    """A prediction for every (id, labelled document), by a model that saw neither it nor its group in training.

    The recipe is that of `model`, without its evaluation. Raises BadInput for too few documents.
    """
    from tokapp.training.run import run_steps

    if len(pairs) < FEWEST:
        raise BadInput(f"{len(pairs)} documents are labelled: label {FEWEST - len(pairs)} more, then look for errors")
    task, recipe = context.store.project(project_id).task, _recipe(context, model)
    found: dict[int, Prediction] = {}
    for turn in range(FOLDS):
        context.report(progress=turn / FOLDS, message=f"training {turn + 1} of {FOLDS}")
        context.check()
        out = [(pk, document) for pk, document in pairs if _fold(document) == turn]
        rest = [document for _, document in pairs if _fold(document) != turn]
        state = run_steps(
            recipe,
            [document for place, document in enumerate(rest) if place % 8],
            rest[::8],
            task=task,
            settings=context.settings,
            on_progress=partial(_report, context, turn),
            checkpoints=context.folder / f"fold-{turn}",
        )
        predictions = state.model().predict([document for _, document in out])
        found |= {pk: prediction for (pk, _), prediction in zip(out, predictions, strict=True)}
    return found


def _fold(document: Document) -> int:
    return int(sha256(f"fold:{group_of(document)}".encode("utf-8", "surrogatepass")).hexdigest(), 16) % FOLDS


def _report(context: Context, turn: int, progress: Progress) -> None:
    part = progress.step / max(progress.steps, 1)
    context.report(progress=(turn + part) / FOLDS, message=f"training {turn + 1} of {FOLDS}")
    context.check()


def _recipe(context: Context, model: str) -> Recipe:
    """The recipe of a model from its own backbone on, since its weights may have seen every label; else the default."""
    from tokapp.models.loading import find_version
    from tokapp.models.registry import describe
    from tokapp.training.recipe import Recipe

    folder = find_version(model, context.settings)
    written = None if folder is None else describe(folder).recipe
    recipe = Recipe.from_yaml(written, where=f"the recipe of {model}") if written else Recipe()
    # Labelled documents alone are learnt from here, so there is nothing to teach oneself on.
    steps = tuple(step for step in recipe.steps if step.step not in ("evaluate", "self_train"))
    return recipe.model_copy(update={"parent": None, "steps": steps})
