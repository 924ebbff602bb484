"""Fine-tuning by mode: what learns, what is saved, what a parent hands down, and what scarce memory does."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from numpy.typing import NDArray
from torch import nn

from tests.models.families import FAMILIES
from tests.training.contract import DOCUMENTS, same, tiny_state, weights_of
from tokapp.errors import JobCancelled, TrainingError
from tokapp.evaluation.report import measure
from tokapp.models import TokenModel, load_model, registry
from tokapp.settings import Settings
from tokapp.training import Progress, Recipe, train, trainer
from tokapp.training.averaging import average, is_head
from tokapp.training.examples import labelled_examples
from tokapp.training.run import run_step
from tokapp.training.state import TrainingState
from tokapp.training.steps.fine_tune import FineTune
from tokapp.training.steps.self_train import SelfTrain
from tokapp.training.watch import identity_of, selection_score
from tokapp.training.weights import learning_weights

MODES = ("full", "lora", "head")
FILES = {
    "full": {"model.safetensors", "encoder.json"},
    "lora": {"heads.safetensors", "adapter.safetensors"},
    "head": {"heads.safetensors"},
}
each_mode = pytest.mark.parametrize("mode", MODES)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "home", "sqlite://", device="cpu", threads=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return FAMILIES["bert"].write(tmp_path / "bert")


def step(mode: str, **changes: Any) -> FineTune:
    return FineTune.model_validate({"mode": mode, "epochs": 2, "learning_rate": 1e-2, "batch_size": 4, **changes})


def probabilities(model: TokenModel) -> list[list[float]]:
    return [
        row for one in model.predict(DOCUMENTS) if one.words is not None for row in one.words.probabilities.tolist()
    ]


@each_mode
def test_the_loss_falls(mode: str, folder: Path) -> None:
    state = tiny_state(folder)
    run_step(step(mode, epochs=12, learning_rate=2e-2), state)
    first, *_, last = [float(record["loss"]) for record in state.curve if isinstance(record, dict)]
    assert last < 0.8 * first


@each_mode
def test_only_what_should_learn_moves(mode: str, folder: Path) -> None:
    state = tiny_state(folder)
    before = weights_of(state)
    run_step(step(mode, keep_best=False), state)
    after = {
        name.replace("base_model.model.", "").replace(".base_layer", ""): w for name, w in weights_of(state).items()
    }
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    adapter = {name for name in after if "lora_" in name}
    assert {name for name in after if not name.startswith("encoder.")} <= moved
    assert any(name.startswith("encoder.") for name in moved) == (mode == "full")
    assert bool(adapter) == (mode == "lora")
    assert all(after[name].any() for name in adapter)
    assert not any(parameter.requires_grad for parameter in state.network.parameters())


@each_mode
def test_a_version_holds_what_was_learnt_and_no_more(mode: str, folder: Path, settings: Settings) -> None:
    recipe = Recipe(backbone=str(folder), steps=(step(mode),))
    model = train(recipe, DOCUMENTS, DOCUMENTS, settings=settings, name="tiny")
    version = settings.models / "tiny"
    every = {path.name for path in version.iterdir()}
    described = {"config.json", "task.json", "metrics.json", "card.json", "card.md", "recipe.yaml", "checksums.json"}
    described |= {"data.json", "environment.json"}
    assert every == FILES[mode] | described | {"tokenizer"}
    assert probabilities(load_model("tiny", settings=settings)) == probabilities(model)
    assert Recipe.from_yaml((version / "recipe.yaml").read_text("utf-8")) == recipe
    assert model.card["parent"] is None


@pytest.mark.parametrize(
    ("parent", "mode"),
    [("full", "full"), ("full", "lora"), ("lora", "lora"), ("lora", "full"), ("lora", "head"), ("head", "lora")],
)
def test_training_goes_on_from_a_parent_that_stays_as_it_was(
    parent: str, mode: str, folder: Path, settings: Settings
) -> None:
    train(
        Recipe(backbone=str(folder), steps=(step(parent, epochs=1),)),
        DOCUMENTS,
        DOCUMENTS,
        settings=settings,
        name="parent",
    )
    files = {path: path.read_bytes() for path in (settings.models / "parent").rglob("*") if path.is_file()}
    before = probabilities(load_model("parent", settings=settings))
    recipe = Recipe(parent="parent", steps=(step(mode, epochs=1),))
    child = train(recipe, DOCUMENTS, DOCUMENTS, settings=settings, name="child")
    assert {path: path.read_bytes() for path in (settings.models / "parent").rglob("*") if path.is_file()} == files
    assert probabilities(load_model("parent", settings=settings)) == before
    assert child.card["parent"] == "parent"
    assert "Goes on from version `parent`" in (settings.models / "child" / "card.md").read_text("utf-8")
    assert probabilities(load_model("child", settings=settings)) == probabilities(child) != before


@each_mode
def test_a_child_that_learns_nothing_is_its_parent(mode: str, folder: Path, settings: Settings) -> None:
    train(Recipe(backbone=str(folder), steps=(step(mode),)), DOCUMENTS, DOCUMENTS, settings=settings, name="parent")
    idle = Recipe(parent="parent", steps=(FineTune(epochs=0),))
    train(idle, DOCUMENTS, DOCUMENTS, settings=settings, name="child")
    parent, child = (registry.load(settings.models / name)[1] for name in ("parent", "child"))
    assert same(dict(parent.state_dict()), dict(child.state_dict())) and parent.design == child.design


def test_a_run_killed_in_its_second_step_ends_as_one_that_was_not(folder: Path, settings: Settings) -> None:
    recipe = Recipe(backbone=str(folder), steps=(step("head", epochs=1), step("lora", epochs=1)))
    run, seen = settings.models.parent / "run", list[Progress]()

    def stop(progress: Progress) -> None:
        seen.append(progress)
        if sum(progress.validation_f1 is not None for progress in seen) == 2:
            raise JobCancelled("stop")

    whole = train(recipe, DOCUMENTS, DOCUMENTS, settings=settings, name="whole")
    with pytest.raises(JobCancelled):
        train(recipe, DOCUMENTS, DOCUMENTS, settings=settings, on_progress=stop, checkpoints=run)
    assert [path.name for path in sorted(run.iterdir())] == ["0-fine_tune"]
    resumed = train(recipe, DOCUMENTS, DOCUMENTS, settings=settings, name="resumed", checkpoints=run)
    assert resumed.fingerprint == whole.fingerprint


def test_self_training_that_was_killed_ends_as_one_that_was_not(folder: Path, settings: Settings) -> None:
    learn = step("lora", epochs=2)
    recipe = Recipe(backbone=str(folder), steps=(step("lora", epochs=1, runs=2), SelfTrain(texts=2, learn=learn)))
    run, seen = settings.models.parent / "run", list[Progress]()

    def stop(progress: Progress) -> None:
        seen.append(progress)
        if sum(progress.validation_f1 is not None for progress in seen) == 4:
            raise JobCancelled("stop")

    whole = train(recipe, DOCUMENTS, DOCUMENTS, settings=settings, name="whole")
    with pytest.raises(JobCancelled):
        train(recipe, DOCUMENTS, DOCUMENTS, settings=settings, on_progress=stop, checkpoints=run)
    assert [path.name for path in sorted(run.iterdir())] == ["0-fine_tune", "1-self_train"]
    resumed = train(recipe, DOCUMENTS, DOCUMENTS, settings=settings, name="resumed", checkpoints=run)
    assert resumed.fingerprint == whole.fingerprint


def test_a_checkpoint_fits_judgements_that_differ_in_their_last_bits_alone(folder: Path) -> None:
    """A build that was stopped while it taught itself began that step again in the next process."""
    state, learn = tiny_state(folder), step("lora")
    [row] = labelled_examples(state, learn)[:1]
    likely = np.full((len(row.row), len(state.network.design.classes)), 0.2, np.float32)
    likely[:, 1] = 0.6

    def identity(judged: NDArray[np.float32] | None) -> str:
        return identity_of(trainer.Run(state, learn, examples=[replace(row, likely=judged)]))

    assert identity(likely) == identity(likely + np.float32(1e-7))
    assert len({identity(judged) for judged in (None, likely, np.roll(likely, 1, axis=1))}) == 3


class SmallMemory(nn.Module):
    """A real encoder on a device that holds the activations of so many tokens, and no more."""

    def __init__(self, encoder: nn.Module, tokens: int) -> None:
        super().__init__()
        self.inner, self.config, self.tokens = encoder, encoder.config, tokens
        self.tried: list[int] = []

    def forward(self, input_ids: torch.Tensor, **others: Any) -> Any:
        self.tried.append(input_ids.numel())
        if input_ids.numel() > self.tokens:
            raise torch.OutOfMemoryError("the device is full")
        return self.inner(input_ids=input_ids, **others)


def squeezed(folder: Path, tokens: int) -> tuple[TrainingState, SmallMemory]:
    state = tiny_state(folder)
    state.network.encoder = memory = SmallMemory(state.network.encoder, tokens)
    return state, memory


CALM = {"keep_best": False, "batch_size": 10, "class_weights": {"B-feature": 3.0}, "weight_decay": 0.0}


def without_dropout(state: TrainingState) -> TrainingState:
    for module in state.network.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return state


def test_steps_that_do_not_fit_are_learnt_from_in_pieces_with_the_same_gradients(folder: Path) -> None:
    plain = without_dropout(tiny_state(folder))
    run_step(step("full", **CALM), plain)
    state, memory = squeezed(folder, tokens=60)
    run_step(step("full", **CALM), without_dropout(state))
    expected = weights_of(plain)
    for name, tensor in weights_of(state).items():
        assert torch.allclose(tensor, expected[name.replace("encoder.inner.", "encoder.")], atol=2e-4), name
    losses = [[float(record["loss"]) for record in one.curve if isinstance(record, dict)] for one in (plain, state)]
    assert losses[0] == pytest.approx(losses[1], abs=1e-4)
    assert max(memory.tried) > 60


def test_rows_that_are_accumulated_teach_as_one_batch(folder: Path) -> None:
    states, sizes = [without_dropout(tiny_state(folder)) for _ in range(3)], ((10, 1), (5, 2), (4, 2))
    for state, (size, times) in zip(states, sizes, strict=True):
        run_step(step("full", **{**CALM, "batch_size": size, "accumulate": times}), state)
    whole, parts, others = (weights_of(state) for state in states)
    assert all(torch.allclose(whole[name], parts[name], atol=2e-4) for name in whole)
    assert not all(torch.allclose(whole[name], others[name], atol=2e-4) for name in whole)  # steps of 8 rows


def test_what_did_not_fit_once_is_not_tried_again(folder: Path) -> None:
    state, memory = squeezed(folder, tokens=60)
    state.validation = state.validation[:1]
    run_step(step("head", epochs=6, batch_size=10), state)
    assert [place for place, tokens in enumerate(memory.tried) if tokens > 60] == [0]
    assert len(memory.tried) == 1 + 6 * 3  # two pieces and a validation an epoch


def test_a_run_with_scarce_memory_gives_equal_bits_twice(folder: Path) -> None:
    states = [squeezed(folder, tokens=60)[0] for _ in range(2)]
    for state in states:
        run_step(step("head"), state)
    assert same(weights_of(states[0]), weights_of(states[1]))


def test_a_single_row_that_does_not_fit_is_a_sentence(folder: Path) -> None:
    state, _ = squeezed(folder, tokens=6)
    with pytest.raises(TrainingError, match="memory ran out; train with a smaller max_length"):
        run_step(step("full"), state)


def test_other_failures_of_the_device_are_not_taken_for_scarce_memory(folder: Path) -> None:
    state, memory = squeezed(folder, tokens=10**6)
    memory.inner.embeddings.word_embeddings = nn.Embedding(3, 32)
    with pytest.raises(IndexError):
        run_step(step("full"), state)


def test_the_recipe_of_a_version_says_its_parent_and_metrics_its_curve(folder: Path, settings: Settings) -> None:
    train(Recipe(backbone=str(folder), steps=(step("head"),)), DOCUMENTS, DOCUMENTS, settings=settings, name="one")
    train(Recipe(parent="one", steps=(step("head"),)), DOCUMENTS, DOCUMENTS, settings=settings, name="two")
    version = settings.models / "two"
    assert yaml.safe_load((version / "recipe.yaml").read_text("utf-8"))["parent"] == "one"
    assert len(json.loads((version / "metrics.json").read_text("utf-8"))["curve"]) == 2


def test_several_runs_end_at_the_mean_of_runs_that_began_alike(folder: Path) -> None:
    kept = []
    for turn in range(2):
        state = tiny_state(folder)
        settings = step("lora", seed=3, runs=2, share="start")
        torch.manual_seed(3)
        trainer.prepare(state.network, settings)
        run = trainer.Run(state, settings, turn=turn)
        run.optimise()
        run.watch.finish()
        kept.append(learning_weights(state.network))
    assert not same(dict(kept[0]), dict(kept[1]))
    state = tiny_state(folder)
    run_step(settings, state)
    assert same({name: weights_of(state)[name] for name in kept[0]}, average(kept))
    epochs = [record["epoch"] for record in state.curve if isinstance(record, dict)]
    assert epochs == [1.0, 2.0, 3.0, 4.0]


def test_several_runs_share_the_head_that_the_first_one_learnt(folder: Path) -> None:
    state = tiny_state(folder)
    run_step(step("lora", runs=2, average=2), state)
    one, other = state.runs
    heads, now = [name for name in one if is_head(name)], weights_of(state)
    assert heads and all(torch.equal(one[name], other[name]) and torch.equal(one[name], now[name]) for name in heads)
    assert all(not torch.equal(one[name], other[name]) for name in one if name not in heads)
    figures = state.metrics["averaging"]
    assert isinstance(figures, dict) and {"run_1", "run_2", "run_2_averaged_epochs", "mean_of_runs"} <= figures.keys()
    with pytest.raises(TrainingError, match="nothing to learn by mode head"):
        run_step(step("head", runs=2), tiny_state(folder))


def test_what_averaging_did_stands_beside_the_last_and_the_best_epoch(folder: Path) -> None:
    state = tiny_state(folder)
    run_step(step("lora", average=2, epochs=3), state)
    scores = [record["score"] for record in state.curve if isinstance(record, dict)]
    figures = state.metrics["averaging"]
    assert isinstance(figures, dict) and figures["last_epoch"] == scores[-1] and figures["best_epoch"] == max(scores)
    assert measured_score(state) == max(figures["averaged_epochs"], figures["best_epoch"])


def measured_score(state: TrainingState) -> float:
    """The figure that epochs are chosen by."""
    return selection_score(measure(state.model().predict(DOCUMENTS), DOCUMENTS, state.task), state.network.design)


def test_runs_that_are_killed_go_on_in_the_run_that_was_killed(folder: Path, tmp_path: Path) -> None:
    settings = step("lora", seed=3, runs=3)
    whole = tiny_state(folder)
    run_step(settings, whole)

    def stop(progress: Progress) -> None:
        if progress.epoch >= 3:
            raise JobCancelled("stop")

    killed = tiny_state(folder)
    killed.checkpoints, killed.on_progress = tmp_path / "kept", stop
    with pytest.raises(JobCancelled):
        run_step(settings, killed)
    again, seen = tiny_state(folder), list[int]()
    again.checkpoints, again.on_progress = tmp_path / "kept", lambda progress: seen.append(progress.step)
    run_step(settings, again)
    assert same(weights_of(whole), weights_of(again))
    assert seen[0] > steps_of_a_run(settings, again) and seen[-1] == 3 * steps_of_a_run(settings, again)


def test_a_run_that_stopped_early_does_not_go_on_when_a_later_step_was_killed(folder: Path, tmp_path: Path) -> None:
    settings = step("head", epochs=9, patience=1, learning_rate=1e-7)
    states = [tiny_state(folder), tiny_state(folder)]
    for state in states:
        state.checkpoints = tmp_path / "kept"
        run_step(settings, state)
    assert [len(state.curve) for state in states] == [2, 2]


def steps_of_a_run(settings: FineTune, state: TrainingState) -> int:
    """Steps of one run."""
    return trainer.Run(state, settings).steps
