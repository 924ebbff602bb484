"""What the steps of a recipe work on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from transformers import PreTrainedTokenizerFast

from tokapp.documents import Document, Json
from tokapp.models.network import Network
from tokapp.models.token_model import TokenModel
from tokapp.tasks import Task
from tokapp.training.progress import Progress
from tokapp.training.steps.right_reasons import RightReasons
from tokapp.training.steps.weigh_tokens import WeighTokens


@dataclass(slots=True)
class TrainingState:
    """The model in the making, its data, and what has been found out so far; steps change it in place.

    `metrics` go into the version's metrics.json, `curve` holds a record per validation. `checkpoints` is the folder of
    the running step (None: keep no checkpoints). `runs` are the weights that each run of the last fine-tuning ended at.
    `right_reasons` is how later fine-tuning uses marked reasons, `weighing` how it chooses words (None: not at all).
    `has_learnt` says that the heads are not new.
    """

    task: Task
    network: Network
    tokenizer: PreTrainedTokenizerFast
    train: Sequence[Document]
    validation: Sequence[Document]
    seed: int = 0
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    on_progress: Callable[[Progress], None] | None = None
    checkpoints: Path | None = None
    metrics: dict[str, Json] = field(default_factory=dict)
    curve: list[Json] = field(default_factory=list)
    runs: Sequence[Mapping[str, torch.Tensor]] = ()
    right_reasons: RightReasons | None = None
    weighing: WeighTokens | None = None
    has_learnt: bool = False

    def model(self) -> TokenModel:
        """The model as it is now; it shares the weights."""
        return TokenModel("in-training", self.task, self.network, self.tokenizer, device=self.device)
