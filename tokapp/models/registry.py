"""Model versions on disk: one folder each, written once, verified when read.

NAME/config.json  task.json  recipe.yaml  metrics.json  card.md  card.json  checksums.json
     data.json  environment.json                    (what it learnt from, and what it was made with)
     heads.safetensors + adapter.safetensors        (storage "adapter"; the backbone is referred to by name)
     model.safetensors + encoder.json               (storage "full")
     tokenizer/                                     (where the backbone is not the built-in one)

An ensemble is a folder of the same kind without weights: its config.json names its members.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from tokapp import places
from tokapp.documents import Json
from tokapp.errors import BadInput, ModelCorrupt, ModelUnavailable, NotFound, TokappError
from tokapp.models import backbone as backbones
from tokapp.models.config import BUILT_IN, EnsembleConfig, NetworkConfig
from tokapp.models.environment import environment
from tokapp.models.network import Network, is_adapter
from tokapp.tasks import Task, task_from_json, task_to_json

_DECIDING = ("config.json", "task.json", "encoder.json")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


@dataclass(frozen=True, slots=True)
class Version:
    """A model version as its folder describes it, without its weights."""

    name: str
    folder: Path
    task: Task
    config: NetworkConfig | EnsembleConfig
    metrics: Mapping[str, Json] = field(default_factory=dict)
    card: Mapping[str, Json] = field(default_factory=dict)
    recipe: str = ""
    data: Mapping[str, Json] = field(default_factory=dict)
    environment: Mapping[str, Json] = field(default_factory=dict)

    @property
    def design(self) -> NetworkConfig:
        """How its network is built; raises ModelUnavailable for an ensemble, which has none of its own."""
        if isinstance(self.config, EnsembleConfig):
            raise ModelUnavailable(no_network(self.name, self.config))
        return self.config


def no_network(name: str, config: EnsembleConfig) -> str:
    """Why an ensemble cannot do what takes one network, and what to do instead."""
    members = ", ".join(member.name for member in config.members)
    return f"{name} is an ensemble and has no weights of its own: take one of its members ({members})"


def check_name(name: str) -> str:
    """The name, if it can be a folder name anywhere; raises BadInput saying what is allowed."""
    if not places.VERSION_NAME.fullmatch(name) or _RESERVED.fullmatch(name) or name.endswith(".") or ".." in name:
        raise BadInput(
            f"{name[:60]!r} cannot be a model name; use 1 to 100 letters, digits, '.', '_' or '-', "
            "beginning with a letter or digit"
        )
    return name


def free_name(root: Path, name: str) -> str:
    """`name`, or the first of `name-2`, `name-3`, ... that is neither there yet nor hides a built-in model."""
    check_name(name)
    number, candidate, roots = 1, name, (root, places.data() / "models")
    while any((one / candidate).exists() for one in roots):
        number += 1
        candidate = f"{name}-{number}"
    return check_name(candidate)


def versions(root: Path) -> list[Version]:
    """All readable versions in a folder, in the order of their names; damaged ones are left out."""
    found = []
    for folder in sorted(root.iterdir()) if root.is_dir() else []:
        if (folder / "config.json").is_file() and places.VERSION_NAME.fullmatch(folder.name):
            try:
                found.append(describe(folder))
            except TokappError:
                continue
    return found


def describe(folder: Path) -> Version:
    """What a version's folder says about it; raises ModelCorrupt naming the file that cannot be read."""
    record = _read(folder / "config.json")
    kind = EnsembleConfig if "members" in record else NetworkConfig
    try:
        config = kind.model_validate(record)
    except ValidationError as error:
        raise ModelCorrupt(f"{folder / 'config.json'} is damaged: {error.errors()[0]['msg']}") from error
    task = task_from_json(_read(folder / "task.json"), where=str(folder / "task.json"))
    optional = {
        name: _read(folder / f"{name}.json") if (folder / f"{name}.json").is_file() else {}
        for name in ("metrics", "card", "data", "environment")
    }
    recipe = (folder / "recipe.yaml").read_text("utf-8") if (folder / "recipe.yaml").is_file() else ""
    return Version(folder.name, folder, task, config, recipe=recipe, **optional)


def _read(path: Path) -> Mapping[str, Json]:
    try:
        record = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelCorrupt(f"cannot read {path}: {error}; get this model version again or train it anew") from error
    if not isinstance(record, dict):
        raise ModelCorrupt(f"{path} does not hold an object; get this model version again or train it anew")
    return record


def save(
    folder: Path,
    network: Network,
    tokenizer: PreTrainedTokenizerFast,
    task: Task,
    *,
    recipe: str = "",
    metrics: Mapping[str, Json] | None = None,
    card: Mapping[str, Json] | None = None,
    card_text: str = "",
    data: Mapping[str, Json] | None = None,
) -> Path:
    """Write a version under a temporary name and move it to `folder`; raises BadInput if that is taken.

    Another process sees either no folder or the whole one. Versions are never overwritten. `data` says what it learnt
    from; what it was made with is found out here.
    """
    with _new_folder(folder) as building:
        _write_weights(building, network)
        if network.design.backbone != BUILT_IN:
            tokenizer.save_pretrained(building / "tokenizer")
        texts = {"recipe.yaml": recipe, "card.md": card_text, "config.json": network.design.model_dump_json(indent=1)}
        records = {"metrics": metrics or {}, "card": card or {}, "data": data or {}}
        _write_texts(building, texts, {"task": task_to_json(task), **records})
    return folder


def save_ensemble(
    folder: Path,
    config: EnsembleConfig,
    task: Task,
    *,
    metrics: Mapping[str, Json] | None = None,
    card: Mapping[str, Json] | None = None,
    card_text: str = "",
) -> Path:
    """Write an ensemble as a version of its own, in the same way and with the same errors as `save`."""
    with _new_folder(folder) as building:
        texts = {"card.md": card_text, "config.json": config.model_dump_json(indent=1)}
        _write_texts(building, texts, {"task": task_to_json(task), "metrics": metrics or {}, "card": card or {}})
    return folder


@contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    """A folder under a temporary name; what was written to it gets checksums and the right name at the end."""
    check_name(folder.name)
    if folder.exists():
        raise BadInput(
            f"there is a model version in {folder} already; versions are never overwritten, choose another name"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    building = folder.parent / f".{folder.name}.{secrets.token_hex(4)}"
    building.mkdir()
    try:
        yield building
        (building / "checksums.json").write_text(json.dumps(_checksums(building), indent=1), "utf-8")
        _move(building, folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _write_texts(folder: Path, texts: Mapping[str, str], records: Mapping[str, Mapping[str, Json]]) -> None:
    records = {**records, "environment": environment()}
    written = {f"{name}.json": json.dumps(record, indent=1, ensure_ascii=False) for name, record in records.items()}
    for name, text in {**texts, **written}.items():
        (folder / name).write_text(text, "utf-8")


def _move(building: Path, folder: Path) -> None:
    for path in building.rglob("*"):
        if path.is_file():
            path.chmod(0o644)  # safetensors writes for the owner only, other users may run the app
            with path.open("rb") as file:
                os.fsync(file.fileno())
    try:
        building.rename(folder)
    except OSError as error:
        raise BadInput(f"cannot write the model version {folder}: {error}") from error


def _write_weights(folder: Path, network: Network) -> None:
    for name, tensors in weights_of(network).items():
        save_file({key: tensor.detach().cpu().contiguous().clone() for key, tensor in tensors.items()}, folder / name)
    if network.design.storage == "full":
        network.encoder_config.to_json_file(folder / "encoder.json", use_diff=False)


def weights_of(network: Network) -> dict[str, dict[str, Tensor]]:
    """The tensors of a network by the file that holds them."""
    state = network.state_dict()
    if network.design.storage == "full":
        return {"model.safetensors": state}
    heads = {name: tensor for name, tensor in state.items() if not name.startswith("encoder.")}
    adapter = {name: tensor for name, tensor in state.items() if is_adapter(name)}
    return {"heads.safetensors": heads} | ({"adapter.safetensors": adapter} if adapter else {})


def _checksums(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "checksums.json")
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def verify(folder: Path) -> str:
    """Check every file of a version against its checksum and return a fingerprint over all that decide predictions.

    Raises NotFound without such a folder, ModelCorrupt naming the file that is missing or changed.
    """
    if not (folder / "config.json").is_file():
        raise NotFound(f"there is no model version in {folder}")
    expected = _read(folder / "checksums.json")
    advice = "get this model version again or train it anew"
    for name, digest in expected.items():
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
            raise ModelCorrupt(f"{path} is missing; {advice}")
        if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise ModelCorrupt(f"{path} is damaged (its checksum is wrong); {advice}")
    deciding = [f"{name}:{digest}" for name, digest in sorted(expected.items()) if _decides(name)]
    return hashlib.sha256("\n".join(deciding).encode()).hexdigest()


def _decides(name: str) -> bool:
    return name.endswith(".safetensors") or name in _DECIDING or name.startswith("tokenizer/")


def load(folder: Path) -> tuple[Version, Network, PreTrainedTokenizerFast, str]:
    """Read a version: description, network with its adapter still apart, tokenizer, fingerprint.

    Raises NotFound, ModelCorrupt (which file), ModelUnavailable (its backbone cannot be had any more).
    """
    fingerprint = verify(folder)
    version = describe(folder)
    network = _empty(version)
    tensors: dict[str, Tensor] = {}
    for path in sorted(folder.glob("*.safetensors")):
        try:
            tensors |= load_file(path)
        except (SafetensorError, OSError) as error:
            raise ModelCorrupt(f"cannot read {path}: {error}") from error
    _fill(network, tensors, folder)
    return version, network, load_tokenizer(version), fingerprint


def _empty(version: Version) -> Network:
    if version.design.storage == "full":
        return Network(backbones.empty_encoder(version.folder / "encoder.json"), version.design)
    source = backbones.resolve(version.design.backbone)
    if source.hash != version.design.backbone_hash and version.design.backbone_hash:
        raise ModelCorrupt(
            f"backbone {version.design.backbone!r} has other weights now than when {version.name!r} was trained on it; "
            "put the old backbone back or train the model anew"
        )
    return Network(backbones.load_encoder(source), version.design)


def _fill(network: Network, tensors: Mapping[str, Tensor], folder: Path) -> None:
    expected = {name: tensor.shape for part in weights_of(network).values() for name, tensor in part.items()}
    for name in sorted(expected.keys() ^ tensors.keys()):
        raise ModelCorrupt(f"the weights in {folder} do not fit its config.json: {name} is on one side only")
    for name, shape in expected.items():
        if tensors[name].shape != shape:
            raise ModelCorrupt(f"the weights in {folder} do not fit its config.json: {name} has another shape")
    network.load_state_dict(dict(tensors), strict=False)


def load_tokenizer(version: Version) -> PreTrainedTokenizerFast:
    """The tokenizer of a version: its own copy, or the built-in backbone's."""
    if version.design.backbone == BUILT_IN:
        return backbones.load_tokenizer(backbones.resolve(BUILT_IN))
    folder = str(version.folder / "tokenizer")
    return backbones.load_tokenizer(backbones.Backbone(version.design.backbone, folder, "local"))
