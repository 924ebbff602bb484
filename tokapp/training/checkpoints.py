"""Checkpoints of a running training, as safetensors and JSON: weights, optimizer state, where it stands."""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from tokapp.documents import Json
from tokapp.training.weights import Weights

_PARTS = ("weights", "optimizer", "best", "words")


@dataclass(slots=True)
class Checkpoint:
    """A training after `step` steps.

    `run` identifies data and settings: another run's checkpoint is of no use. `best` are the weights of the best epoch,
    `recent` those of the last ones, `words` what is known of the words to learn from, `record` what else must be known.
    """

    run: str
    step: int
    weights: Weights
    optimizer: Weights
    best: Weights = field(default_factory=dict)
    recent: list[Weights] = field(default_factory=list)
    words: Weights = field(default_factory=dict)
    record: dict[str, Json] = field(default_factory=dict)


def write(folder: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint and then remove the one before; a kill or a full disk at any moment leaves a whole one."""
    folder.mkdir(parents=True, exist_ok=True)
    building = folder / f".{secrets.token_hex(4)}"
    building.mkdir()
    try:
        _write_into(building, checkpoint)
        place = folder / f"step-{checkpoint.step:08d}"
        shutil.rmtree(place, ignore_errors=True)  # one that could not be read, so that the training began anew
        building.rename(place)
    finally:
        shutil.rmtree(building, ignore_errors=True)  # what is half written takes room that the disk may not have
    for old in sorted(folder.glob("step-*"))[:-1]:
        shutil.rmtree(old, ignore_errors=True)


def _write_into(building: Path, checkpoint: Checkpoint) -> None:
    parts = {name: getattr(checkpoint, name) for name in _PARTS}
    parts |= {f"recent-{index}": weights for index, weights in enumerate(checkpoint.recent)}
    for name, tensors in parts.items():
        save_file(
            {key: tensor.detach().cpu().contiguous() for key, tensor in tensors.items()},
            building / f"{name}.safetensors",
        )
    record = {
        "run": checkpoint.run,
        "step": checkpoint.step,
        "recent": len(checkpoint.recent),
        "record": checkpoint.record,
        "files": {name: _digest(building / f"{name}.safetensors") for name in parts},
    }
    (building / "state.json").write_text(json.dumps(record), "utf-8")


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read(folder: Path, run: str) -> Checkpoint | None:
    """The last whole checkpoint of this run, or None; one of which any byte changed is not whole."""
    for place in sorted(folder.glob("step-*"), reverse=True):
        try:
            state = json.loads((place / "state.json").read_text("utf-8"))
            if state["run"] != run:
                continue
            if any(_digest(place / f"{name}.safetensors") != digest for name, digest in state["files"].items()):
                continue
            recent: list[Weights] = [
                load_file(place / f"recent-{index}.safetensors") for index in range(state["recent"])
            ]
            parts = {name: load_file(place / f"{name}.safetensors") for name in _PARTS}
        except (OSError, ValueError, KeyError, SafetensorError):
            continue
        return Checkpoint(run, state["step"], recent=recent, record=state["record"], **parts)
    return None


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> Weights:
    """The optimizer's state as named tensors: `3.exp_avg` is `exp_avg` of the fourth parameter."""
    state = optimizer.state_dict()["state"]
    return {f"{index}.{key}": tensor for index, entries in state.items() for key, tensor in entries.items()}


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: Weights) -> None:
    """Put named tensors back into an optimizer over the same parameters."""
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        index, key = name.split(".", 1)
        state.setdefault(int(index), {})[key] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
