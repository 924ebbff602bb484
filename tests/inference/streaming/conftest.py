"""Tiny models to stream through: weights are random, so that their verdicts vary from token to token."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file

from tests.inference.streaming.streams import Make
from tests.models.families import FAMILIES
from tokapp.models import TokenModel, load_model
from tokapp.settings import Settings

CLASSES = ("O", "B-ORG", "I-ORG", "I-LOC")


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """A published classifier of a family with so many positions; each is made once."""
    made: dict[tuple[str, int, tuple[str, ...]], TokenModel] = {}

    def build(name: str, *, positions: int = 512, classes: tuple[str, ...] = CLASSES) -> TokenModel:
        key = name, positions, classes
        if key not in made:
            folder = tmp_path_factory.mktemp(name) / name
            family = replace(FAMILIES[name], settings={**FAMILIES[name].settings, "max_position_embeddings": positions})
            louder(family.write(folder, classes=classes) / "model.safetensors")
            settings = Settings(folder / "home", "sqlite://", device="cpu", threads=1)
            made[key] = load_model(str(folder), settings=settings)
        return made[key]

    return build


def louder(weights: Path, times: float = 20.0) -> None:
    """Make the random weights of heads larger: as they come, all probabilities are nearly alike."""
    tensors = load_file(weights)
    heads = [name for name in tensors if name.startswith(("score", "classifier")) or "head" in name]
    save_file(tensors | {name: tensors[name] * times for name in heads}, weights, {"format": "pt"})
