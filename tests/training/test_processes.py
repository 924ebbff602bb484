"""Two processes on the processor train one model with the recipe that one process trains it with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.models.families import FAMILIES
from tests.training.contract import DOCUMENTS
from tokapp.formats import write_documents
from tokapp.models import load_model
from tokapp.settings import Settings
from tokapp.store import Store
from tokapp.tasks import load_task
from tokapp.training import Recipe, train

JUDGED = [replace(one, text=f"{one.text} indeed") for one in DOCUMENTS[:-2]]
"""Other texts than those that are learnt from: copies would be left out of training."""

RECIPE = """
backbone: {backbone}
shape: {{max_length: 32, dropout: 0}}
steps:
  - {{step: continue_pretraining, block: 16, batch_size: 3, learning_rate: 1.0e-3}}
  - {{step: fine_tune, mode: full, epochs: 2, batch_size: 3, learning_rate: 1.0e-3, weight_decay: 0, average: 2}}
  - {{step: calibrate}}
"""


def without_dropout(folder: Path) -> Path:
    FAMILIES["bert"].write(folder)
    config = json.loads((folder / "config.json").read_text("utf-8"))
    config |= {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    return folder


@pytest.mark.timeout(300)
def test_two_processes_make_the_model_that_one_makes(tmp_path: Path) -> None:
    task = load_task("reviews")
    text = RECIPE.format(backbone=without_dropout(tmp_path / "bert"))
    (tmp_path / "recipe.yaml").write_text(text, "utf-8")
    write_documents(DOCUMENTS, tmp_path / "train.jsonl", "jsonl", task=task)
    write_documents(JUDGED, tmp_path / "validation.jsonl", "jsonl", task=task)
    home = tmp_path / "home"
    environment = {
        **os.environ, "TOKAPP_HOME": str(home), "TOKAPP_DEVICE": "cpu", "TOKAPP_THREADS": "1", "OMP_NUM_THREADS": "1",
    }  # fmt: skip
    environment.pop("TOKAPP_DATABASE_URL", None)
    options = "--multi_gpu --num_processes 2 --num_machines 1 --main_process_port 0 --mixed_precision no"
    command = (
        f"{sys.executable} -m accelerate.commands.launch {options} -m tokapp train --task reviews --name two".split()
    )
    command += [f"--{name}={tmp_path / name}.jsonl" for name in ("train", "validation")]
    command.append(f"--recipe={tmp_path / 'recipe.yaml'}")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count("two is trained") == 1 and done.stderr.count("step 4 of 8") == 1

    settings = Settings(home, f"sqlite:///{home / 'tokapp.db'}", device="cpu", threads=1)
    alone = train(Recipe.from_yaml(text), DOCUMENTS, JUDGED, task=task, settings=settings, name="one")
    together = load_model("two", settings=settings)
    assert together.card["processes"] == 2 and "processes" not in alone.card
    assert sorted(path.name for path in settings.models.iterdir()) == ["one", "two"]
    for name, tensor in alone.network.state_dict().items():
        assert torch.allclose(tensor, together.network.state_dict()[name], atol=1e-4), name
    before, after = (one.metrics["continue_pretraining"] for one in (alone, together))
    assert isinstance(before, dict) and isinstance(after, dict)
    assert after["perplexity_after"] == pytest.approx(before["perplexity_after"], rel=1e-3)
    assert after["perplexity_after"] != after["perplexity_before"]
    store = Store(settings.database_url)
    assert "two" in [one.name for one in store.models("reviews")]
    store.close()
