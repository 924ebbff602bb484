"""Running a recipe: check the documents, make or take over a network, go through the steps, save the version."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import torch

from tokapp.documents import Document, Json
from tokapp.errors import TrainingError
from tokapp.models import backbone as backbones
from tokapp.models import registry
from tokapp.models.config import EnsembleConfig, config_for
from tokapp.models.device import choose_device
from tokapp.models.encoding import find_features
from tokapp.models.loading import find_version, load_folder
from tokapp.models.network import Network
from tokapp.models.relabelling import relabel
from tokapp.models.token_model import TokenModel
from tokapp.settings import Settings
from tokapp.tasks import Task, load_task
from tokapp.training import processes
from tokapp.training.card import write_card
from tokapp.training.checking import check_teachable
from tokapp.training.progress import Progress
from tokapp.training.provenance import data_record
from tokapp.training.recipe import Recipe, StepSettings
from tokapp.training.state import TrainingState
from tokapp.training.steps import STEPS
from tokapp.words import split_words

_LOG = logging.getLogger(__name__)


def run_recipe(
    recipe: Recipe,
    train: Sequence[Document],
    validation: Sequence[Document],
    *,
    task: Task | None,
    name: str | None,
    settings: Settings | None,
    on_progress: Callable[[Progress], None] | None,
    output: Path | None,
    checkpoints: Path | None,
    data: Mapping[str, Json] | None,
) -> TokenModel:
    """See `tokapp.training.train`."""
    settings = settings or Settings.from_environment(os.environ)
    state = run_steps(
        recipe, train, validation, task=task, settings=settings, on_progress=on_progress, checkpoints=checkpoints
    )
    folder = output or settings.models / registry.free_name(settings.models, name or state.task.name)
    processes.wait()
    if processes.is_main():
        save_version(folder, recipe, state, data=data_record(train, validation, data))
        if checkpoints is not None:
            shutil.rmtree(checkpoints, ignore_errors=True)
    processes.wait()
    return load_folder(folder, settings=replace(settings, precision="float32"))


def run_steps(
    recipe: Recipe,
    train: Sequence[Document],
    validation: Sequence[Document],
    *,
    settings: Settings,
    task: Task | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    checkpoints: Path | None = None,
) -> TrainingState:
    """Go through the steps of a recipe; nothing is saved. Raises TrainingError."""
    torch.manual_seed(recipe.seed)
    state = _begin(recipe, train, validation, task, settings)
    check_documents(state)
    for number, step in enumerate(recipe.steps):
        state.on_progress = _in_parts(on_progress, recipe, number)
        state.checkpoints = None if checkpoints is None else checkpoints / f"{number}-{step.step}"
        _LOG.info("step=%s number=%d train=%d validation=%d", step.step, number, len(train), len(validation))
        run_step(step, state)
        torch.manual_seed(recipe.seed)  # a resumed step draws less than a whole one; the next must not see it
    return state


def _in_parts(
    on_progress: Callable[[Progress], None] | None, recipe: Recipe, number: int
) -> Callable[[Progress], None] | None:
    """The same listener, which is told which of the recipe's parts that learn step `number` is."""
    if on_progress is None:
        return None
    learning = [place for place, step in enumerate(recipe.steps) if step.learns]
    part, parts = sum(place < number for place in learning), max(len(learning), 1)
    return lambda progress: on_progress(replace(progress, part=min(part, parts - 1), parts=parts))


def run_step(step: StepSettings, state: TrainingState) -> None:
    """Run one step on the state."""
    STEPS[step.step].run(step, state)


def _begin(
    recipe: Recipe, train: Sequence[Document], validation: Sequence[Document], task: Task | None, settings: Settings
) -> TrainingState:
    device = processes.own_device(choose_device(settings.device))
    if recipe.parent is not None:
        folder = find_version(recipe.parent, settings)
        if folder is None:
            raise TrainingError(f"training cannot go on from {recipe.parent!r}; name it as the backbone instead")
        config = registry.describe(folder).config
        if isinstance(config, EnsembleConfig):
            raise TrainingError(f"training cannot go on from it: {registry.no_network(recipe.parent, config)}")
        version, network, tokenizer, _ = registry.load(folder)
        known = version.design.classes
        relabel(network, task or version.task)
        state = TrainingState(task or version.task, network, tokenizer, train, validation, recipe.seed, device)
        state.has_learnt = network.design.classes == known
        return state
    task = task or _task_of(train)
    source = backbones.resolve(recipe.backbone)
    encoder = backbones.load_encoder(source)
    longest = backbones.fitting_length(encoder, recipe.shape.max_length)
    shape = recipe.shape.model_copy(update={"max_length": longest})
    config = config_for(task, shape, backbone=source.name, feature_width=feature_width(shape.features))
    network = Network(encoder, config.model_copy(update={"backbone_hash": source.hash}))
    return TrainingState(task, network, backbones.load_tokenizer(source), train, validation, recipe.seed, device)


def feature_width(name: str | None) -> int:
    """How many numbers a word feature function gives."""
    function = find_features(name)
    if function is None:
        return 0
    sample = Document("width", "a word", question="a question", contexts=("a passage",))
    return int(function(sample, split_words(sample.text)).shape[1])


def _task_of(train: Sequence[Document]) -> Task:
    if not train:
        raise TrainingError("there are no training documents; label some, or name a file that has them")
    if not train[0].task:
        raise TrainingError("the documents do not say which task they belong to; name the task")
    return load_task(train[0].task)


def check_documents(state: TrainingState) -> None:
    """Raise TrainingError with what is missing or wrong: documents, validation documents, spans, labels that agree."""
    config = state.network.design
    check_teachable(state.train, spans=bool(config.classes), labels=bool(config.labels))
    if not state.validation:
        raise TrainingError("there are no validation documents; label more documents, or name a file that has some")
    for document in (*state.train, *state.validation):
        state.task.check(document)


def _counts(state: TrainingState) -> dict[str, Json]:
    labelled = sum(document.is_labelled for document in state.train)
    bare = {"unlabelled": len(state.train) - labelled} if labelled < len(state.train) else {}
    return {"train": labelled, **bare, "validation": len(state.validation)}


def save_version(
    folder: Path,
    recipe: Recipe,
    state: TrainingState,
    *,
    figures: Mapping[str, Json] | None = None,
    sections: Sequence[tuple[str, str]] = (),
    data: Mapping[str, Json] | None = None,
) -> Path:
    """Save what the steps made, with its metrics and card; `figures` and card `sections` are added to them.

    `data` is what `tokapp.training.provenance` says of what it learnt from.
    """
    if data and data.get("without"):
        sections = [*sections, ("What if", f"Trained without {data['without']}, to see what that is worth.")]
    metrics: dict[str, Json] = {**state.metrics, **(figures or {}), "curve": state.curve}
    card: dict[str, Json] = {
        "name": folder.name,
        "task": state.task.name,
        "parent": recipe.parent,
        "backbone": state.network.design.backbone,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "documents": _counts(state),
        **({"processes": processes.launched()} if processes.launched() > 1 else {}),
        **{heading.lower(): text for heading, text in sections},
    }
    text = write_card(card, metrics, recipe.to_yaml(), state.task, sections=sections)
    return registry.save(
        folder,
        state.network,
        state.tokenizer,
        state.task,
        recipe=recipe.to_yaml(),
        metrics=metrics,
        card=card,
        card_text=text,
        data=data,
    )
