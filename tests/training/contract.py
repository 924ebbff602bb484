"""What every step of a recipe promises; the test class of a step inherits it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch

from tests.models.families import FAMILIES
from tokapp.documents import Document, Span
from tokapp.errors import TrainingError
from tokapp.models import backbone
from tokapp.models.config import Shape, config_for
from tokapp.models.network import Network
from tokapp.tasks import load_task
from tokapp.training import Recipe
from tokapp.training.run import run_step
from tokapp.training.state import TrainingState

TEXTS = ("the dark mode works", "dark mode 😀 fails", "  no dark mode\r\nhere", "search notes", "Love the dark mode!")


def unlabelled(name: str, text: str) -> Document:
    """A text that nobody labelled."""
    return Document(name, text, "reviews")


DOCUMENTS = [
    Document(
        str(n),
        text,
        "reviews",
        (Span(text.index("dark"), text.index("dark") + 9, "feature"),) if "dark" in text else (),
        is_reviewed=True,
    )
    for n, text in enumerate(TEXTS * 2)
] + [unlabelled("u1", "the mode is dark"), unlabelled("u2", "search my dark notes")]


def tiny_state(folder: Path) -> TrainingState:
    """A fresh model over a tiny random backbone; every call gives the same weights."""
    if not folder.exists():
        FAMILIES["bert"].write(folder)
    task, source = load_task("reviews"), backbone.resolve(str(folder))
    torch.manual_seed(0)
    encoder = backbone.load_encoder(source)
    config = config_for(task, Shape(max_length=32), backbone=source.name)
    network = Network(encoder, config.model_copy(update={"backbone_hash": source.hash}))
    return TrainingState(task, network.eval(), backbone.load_tokenizer(source), DOCUMENTS, DOCUMENTS[:-2])


def weights_of(state: TrainingState) -> dict[str, torch.Tensor]:
    """A copy of all tensors of the state's network."""
    return {name: tensor.detach().clone() for name, tensor in state.network.state_dict().items()}


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    """Whether two sets of tensors are equal bit for bit."""
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


class StepContract:
    """`neutral` are settings that change nothing, `working` settings that differ from every default."""

    neutral: ClassVar[tuple[Any, ...]]
    working: ClassVar[Any]

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path / "bert"

    def test_neutral_settings_change_no_bit(self, folder: Path) -> None:
        for settings in self.neutral:
            state = tiny_state(folder)
            weights, design = weights_of(state), state.network.design
            run_step(settings, state)
            assert same(weights, weights_of(state)) and state.network.design == design

    def test_settings_survive_json_and_a_recipe_in_yaml(self) -> None:
        for settings in (*self.neutral, self.working):
            assert type(settings).model_validate_json(settings.model_dump_json()) == settings
            recipe = Recipe(steps=(settings,))
            assert Recipe.from_yaml(recipe.to_yaml()) == recipe

    def test_an_unknown_setting_is_named_with_its_step(self) -> None:
        with pytest.raises(TrainingError, match=rf"steps\.0\.{self.working.step}\.misspelt is wrong"):
            Recipe.from_yaml(f"steps: [{{step: {self.working.step}, misspelt: 1}}]")

    def test_equal_seeds_give_equal_bits(self, folder: Path) -> None:
        states = [tiny_state(folder), tiny_state(folder)]
        for state in states:
            run_step(self.working, state)
        one, other = states
        assert same(weights_of(one), weights_of(other))
        assert (one.network.design, one.metrics, one.curve) == (other.network.design, other.metrics, other.curve)
