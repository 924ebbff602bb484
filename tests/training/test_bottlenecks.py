"""Bottleneck adapters: they begin as nothing, alone learn, are saved, and lie beside the other kind."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.models.families import FAMILIES
from tests.training.contract import DOCUMENTS, same, tiny_state, weights_of
from tokapp.errors import ModelUnavailable
from tokapp.models import load_model, registry
from tokapp.models.bottleneck import BottleneckAdapter
from tokapp.models.config import Bottleneck
from tokapp.models.export import export_plain
from tokapp.settings import Settings
from tokapp.training import Recipe, train
from tokapp.training.run import run_step
from tokapp.training.steps.fine_tune import FineTune

SMALL = Bottleneck(reduction=8)
IDS = torch.tensor([[2, 10, 11, 12, 3]])


def step(mode: str = "bottleneck", **changes: Any) -> FineTune:
    settings = {"bottleneck": SMALL.model_dump(), "epochs": 1, "learning_rate": 1e-2, "batch_size": 4}
    return FineTune.model_validate({**settings, "mode": mode, **changes})


@pytest.mark.parametrize("family", ["bert", "distilbert", "electra", "modernbert", "deberta-v2", "llama"])
def test_it_begins_as_nothing_in_every_family(family: str, tmp_path: Path) -> None:
    """T1.1."""
    network = tiny_state(FAMILIES[family].write(tmp_path / "bert")).network
    before = network.encoder(input_ids=IDS).last_hidden_state
    network.add_bottlenecks(SMALL)
    assert torch.equal(network.encoder(input_ids=IDS).last_hidden_state, before)
    torch.nn.init.normal_(next(one for name, one in network.named_parameters() if name.endswith("0.up.bias")))
    assert not torch.allclose(network.encoder(input_ids=IDS).last_hidden_state, before, atol=1e-2)


def test_it_has_as_many_weights_as_its_formula() -> None:
    """T1.2, and section 1.2 of the notes: 74 544 a block at a width of 768."""
    adapter = BottleneckAdapter(768, Bottleneck())
    assert sum(one.numel() for one in adapter.parameters()) == 2 * 768 * 48 + 48 + 768 == 74_544


def test_the_backbone_stays_as_it_is(tmp_path: Path) -> None:
    """T1.3."""

    def digest() -> str:
        own = {name: tensor for name, tensor in weights_of(state).items() if name in before}
        return hashlib.sha256(b"".join(own[name].numpy().tobytes() for name in sorted(own))).hexdigest()

    state = tiny_state(tmp_path / "bert")
    before = {name for name in weights_of(state) if name.startswith("encoder.")}
    found = digest()
    run_step(step(keep_best=False), state)
    assert digest() == found
    added = {name: one for name, one in weights_of(state).items() if "bottlenecks." in name}
    assert len(added) == 2 * 4 and all(one.any() for one in added.values())


def test_a_version_holds_the_adapter_and_cannot_be_exported_as_a_plain_one(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "home", "sqlite://", device="cpu", threads=1)
    backbone = FAMILIES["bert"].write(tmp_path / "bert")
    names = []
    for number, mode in enumerate(("bottleneck", "lora", "bottleneck", "full")):
        recipe = Recipe(backbone=str(backbone), parent=names[-1] if names else None, steps=(step(mode),))
        names.append(f"v{number}")
        model = train(recipe, DOCUMENTS, DOCUMENTS[:4], settings=settings, name=names[-1])
        again = load_model(names[-1], settings=settings)
        assert model.fingerprint == again.fingerprint
        assert same(dict(model.network.state_dict()), dict(again.network.state_dict()))
    files = {path.name for path in (settings.models / "v0").glob("*.safetensors")}
    assert files == {"heads.safetensors", "adapter.safetensors"}
    designs = [registry.describe(settings.models / name).design for name in names]
    assert [(one.lora is None, one.bottleneck) for one in designs] == [
        (True, SMALL), (False, SMALL), (False, SMALL), (True, SMALL),
    ]  # fmt: skip
    with pytest.raises(ModelUnavailable, match=r"bottleneck adapters.*mode lora or full"):
        export_plain(load_model("v0", settings=settings), tmp_path / "plain")
