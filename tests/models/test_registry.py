"""Versions on disk: whole, never overwritten, and refused when damaged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from tokapp.documents import Document
from tokapp.errors import BadInput, ModelCorrupt, ModelUnavailable
from tokapp.models import backbone, load_model, registry
from tokapp.models.config import Lora, Shape, config_for
from tokapp.models.network import Network
from tokapp.models.token_model import TokenModel
from tokapp.settings import Settings
from tokapp.tasks import load_task

DOCUMENTS = [
    Document("1", "I love the dark mode 😀 \u200b but search fails."),
    Document("2", ""),
    Document("3", "a \ud800 b"),
]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, "sqlite://", device="cpu", threads=1)


@pytest.fixture
def live(settings: Settings) -> TokenModel:
    torch.manual_seed(0)
    task, source = load_task("reviews"), backbone.resolve("built-in")
    config = config_for(task, Shape()).model_copy(update={"lora": Lora(rank=2), "backbone_hash": source.hash})
    network = Network(backbone.load_encoder(source), config).eval()
    tokenizer = backbone.load_tokenizer(source)
    registry.save(settings.models / "first", network, tokenizer, task)
    return TokenModel("first", task, network, tokenizer)


def test_a_saved_version_predicts_as_it_did_before(live: TokenModel, settings: Settings) -> None:
    again = load_model("first", settings=settings)
    for one, other in zip(live.predict(DOCUMENTS), again.predict(DOCUMENTS), strict=True):
        assert one.spans == other.spans
        assert one.words is not None and other.words is not None
        assert abs(one.words.probabilities - other.words.probabilities).max(initial=0) < 1e-5


def test_a_version_is_never_overwritten(live: TokenModel, settings: Settings) -> None:
    assert registry.free_name(settings.models, "first") == "first-2"
    assert registry.free_name(settings.models, "reviews") == "reviews-2", "a version must not hide a built-in model"
    with pytest.raises(BadInput, match="never overwritten"):
        registry.save(settings.models / "first", live.network, live.tokenizer, live.task)


@pytest.mark.parametrize("name", ["heads.safetensors", "adapter.safetensors", "config.json"])
def test_a_damaged_file_is_named(name: str, live: TokenModel, settings: Settings) -> None:
    path = settings.models / "first" / name
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(ModelCorrupt, match=name):
        load_model("first", settings=settings)


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", "a\\b", ".hidden", "x" * 101, "nul", "a..b", "a\0", "<b>"])
def test_hostile_names_are_refused(name: str) -> None:
    with pytest.raises(BadInput):
        registry.check_name(name)


def test_an_unknown_model_lists_the_known_ones(live: TokenModel, settings: Settings) -> None:
    with pytest.raises(ModelUnavailable, match="first"):
        load_model("frist", settings=settings)


def test_a_version_says_what_it_learnt_from_and_what_it_was_made_with(live: TokenModel, settings: Settings) -> None:
    folder = settings.models / "second"
    registry.save(folder, live.network, live.tokenizer, live.task, data={"snapshot": 7})
    made = registry.describe(folder)
    assert made.data == {"snapshot": 7} and made.environment["torch"] == torch.__version__
    assert {"python", "platform", "transformers", "peft", "tokapp"} <= made.environment.keys()
    written = json.loads((folder / "checksums.json").read_text("utf-8"))
    assert {"data.json", "environment.json"} <= written.keys()
    (folder / "data.json").write_text('{"snapshot": 8}', "utf-8")
    with pytest.raises(ModelCorrupt, match=r"data\.json is damaged"):
        registry.load(folder)


def test_a_version_that_is_half_written_is_not_there(live: TokenModel, settings: Settings) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        registry._new_folder(settings.models / "second") as building,
    ):
        (building / "config.json").write_bytes((settings.models / "first" / "config.json").read_bytes())
        (building / "task.json").write_bytes((settings.models / "first" / "task.json").read_bytes())
        assert building.parent == settings.models
        assert [version.name for version in registry.versions(settings.models)] == ["first"]
        raise ZeroDivisionError
    assert [path.name for path in settings.models.iterdir()] == ["first"]
