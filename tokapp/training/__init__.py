"""Documents and a recipe to a model: recipes, their steps, and the trainer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tokapp.documents import Document, Json
from tokapp.training.progress import Progress
from tokapp.training.recipe import Recipe, default_recipe, load_recipe

if TYPE_CHECKING:
    from tokapp.models.token_model import TokenModel
    from tokapp.settings import Settings
    from tokapp.tasks import Task

__all__ = ["Progress", "Recipe", "default_recipe", "load_recipe", "train"]


def train(
    recipe: Recipe,
    train: Sequence[Document],
    validation: Sequence[Document],
    *,
    task: Task | None = None,
    name: str | None = None,
    settings: Settings | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    output: Path | None = None,
    checkpoints: Path | None = None,
    data: Mapping[str, Json] | None = None,
) -> TokenModel:
    """Train a model version, save it, and return it as it was loaded back from disk.

    `task` None is the parent's, or the built-in task that the first document names. The version goes into `output`, or
    into `settings.models` under `name` (the task's name by default; `-2`, `-3`, ... is appended to a taken one).
    `on_progress` is called at least twice a second while steps run, and after every validation; it may raise
    JobCancelled to stop. `checkpoints` is a folder of this run: a run that was killed goes on from the last checkpoint
    in it, with the same weights, optimizer state, order and dropout draws, as if nothing had happened; without it a
    killed run is lost. `data` is kept with the version beside hashes of the documents: the snapshot they are of, say.
    Raises TrainingError saying what is missing in the documents or wrong in the recipe.
    """
    from tokapp.training.run import run_recipe

    return run_recipe(
        recipe,
        train,
        validation,
        task=task,
        name=name,
        settings=settings,
        on_progress=on_progress,
        output=output,
        checkpoints=checkpoints,
        data=data,
    )
