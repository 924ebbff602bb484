"""Models from a hub, as its client keeps them on this disk: revisions, code of their own, and weights that are data."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants

from tests.models.families import FAMILIES
from tokapp.documents import Document
from tokapp.errors import ModelUnavailable
from tokapp.models import TokenModel, backbone, load_model
from tokapp.settings import Settings

OLD, NEW = "a" * 40, "b" * 40
CODE = """
from pathlib import Path
from transformers import BertConfig, BertForTokenClassification

Path({mark!r}).touch()

class OwnConfig(BertConfig):
    model_type = "made-up"

class OwnModel(BertForTokenClassification):
    config_class = OwnConfig
"""


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub's client."""
    modules = tmp_path / "modules"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", str(modules))
    monkeypatch.setattr(sys, "path", [*sys.path])
    return tmp_path / "hub"


def put(hub: Path, name: str, commit: str, *, classes: tuple[str, ...] = ("O", "I-a")) -> Path:
    """A token classifier at a commit, which the branch main then points to."""
    repository = hub / f"models--{name.replace('/', '--')}"
    folder = repository / "snapshots" / commit
    FAMILIES["bert"].write(folder, classes=classes)
    (repository / "refs").mkdir(exist_ok=True)
    (repository / "refs" / "main").write_text(commit)
    return folder


def with_own_code(folder: Path, mark: Path, *, of: str = "") -> None:
    """Let a model need Python code, which touches `mark` when it runs; its own, or that of another repository."""
    config = json.loads((folder / "config.json").read_text())
    module = f"{of}own" if of else "own"
    config |= {"model_type": "made-up", "architectures": ["OwnModel"]}
    config["auto_map"] = {"AutoConfig": f"{module}.OwnConfig", "AutoModelForTokenClassification": f"{module}.OwnModel"}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "own.py").write_text(CODE.format(mark=str(mark)))


def load(name: str, *allowed: str) -> TokenModel:
    settings = Settings(Path("nowhere"), "sqlite://", device="cpu", threads=1, remote_code=frozenset(allowed))
    return load_model(name, settings=settings)


def test_a_revision_is_the_one_that_is_loaded(hub: Path) -> None:
    put(hub, "some/tagger", OLD, classes=("O", "I-old"))
    put(hub, "some/tagger", NEW, classes=("O", "I-new"))
    assert load("some/tagger").classes == ("O", "I-new")
    old = load(f"some/tagger@{OLD}")
    assert old.classes == ("O", "I-old") and old.backbone == f"some/tagger@{OLD}"
    assert backbone.resolve(old.backbone).revision == OLD


def test_code_runs_for_the_one_model_at_the_one_commit_that_is_allowed(hub: Path, tmp_path: Path) -> None:
    allowed, mark = f"some/tagger@{OLD}", tmp_path / "ran"
    for name, commit in (("some/tagger", OLD), ("some/tagger", NEW), ("other/tagger", OLD)):
        with_own_code(put(hub, name, commit), mark)
    for name in ("some/tagger", f"some/tagger@{NEW}", f"other/tagger@{OLD}"):
        with pytest.raises(
            ModelUnavailable, match=r"brings code of its own.*TOKAPP_REMOTE_CODE=(some|other)/tagger@COMMIT"
        ):
            load(name, allowed)
    with pytest.raises(ModelUnavailable, match="brings code"):
        load(allowed)
    assert not mark.exists()
    (prediction,) = load(allowed, allowed).predict([Document("1", "dark mode")])
    assert mark.exists() and prediction.words is not None and len(prediction.words.offsets) == 2


def test_an_allowed_model_cannot_bring_the_code_of_another(hub: Path, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    with_own_code(put(hub, "other/code", NEW), mark)
    with_own_code(put(hub, "some/tagger", OLD), mark, of="other/code--")
    with pytest.raises(ModelUnavailable, match="cannot load a model from some/tagger"):
        load(f"some/tagger@{OLD}", f"some/tagger@{OLD}")
    assert not mark.exists()


def test_the_code_of_a_folder_never_runs(hub: Path, tmp_path: Path) -> None:
    folder = put(hub, "some/tagger", OLD)
    with_own_code(folder, tmp_path / "ran")
    with pytest.raises(ModelUnavailable, match="never run from a folder"):
        load(str(folder), str(folder))
    assert not (tmp_path / "ran").exists()


def test_pickled_weights_are_never_read(hub: Path) -> None:
    folder = put(hub, "some/tagger", OLD)
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")
    for name in ("some/tagger", str(folder)):
        with pytest.raises(ModelUnavailable, match="safetensors"):
            load(name)


def test_a_name_that_is_no_hub_name_is_said(hub: Path) -> None:
    shutil.rmtree(hub, ignore_errors=True)
    with pytest.raises(ModelUnavailable, match="owner/name@revision"):
        load("some/tag ger@main")
