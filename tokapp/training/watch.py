"""What happens between the steps of a training: draws are fixed, epochs judged, checkpoints written and resumed."""

from __future__ import annotations

import hashlib
import json
import time
from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from transformers import TrainerCallback

from tokapp.documents import Json
from tokapp.evaluation.report import measure
from tokapp.models.config import NetworkConfig
from tokapp.training import checkpoints, processes
from tokapp.training.averaging import average
from tokapp.training.progress import Progress
from tokapp.training.reading import read_losses
from tokapp.training.weights import Weights, learning_weights

if TYPE_CHECKING:
    from tokapp.training.trainer import Run

CHECKPOINT_SECONDS = 60.0
"""A checkpoint is written at the end of every epoch, and in long epochs after so many seconds."""

_REPORT_SECONDS = 0.3


class Watch(TrainerCallback):
    """What happens between steps: draws are fixed, progress is told, epochs are judged, checkpoints written."""

    def __init__(self, run: Run) -> None:
        self.run, self.step, self._losses = run, 0, deque[Tensor](maxlen=20)
        self._identity = identity_of(run)
        self._best: Weights = {}
        self._recent: deque[Weights] = deque(maxlen=run.settings.average)
        self._best_score, self._last_score = -1.0, -1.0
        self._epochs_since_best, self._elapsed_before = 0, 0.0
        self._loaded: checkpoints.Checkpoint | None = None
        self._begin = self._told = self._written = time.monotonic()
        self._optimizer: torch.optim.Optimizer | None = None
        self._resume()

    def _resume(self) -> None:
        folder = self.run.checkpoints
        self._loaded = checkpoints.read(folder, self._identity) if folder is not None else None
        if self._loaded is None:
            return
        record: Any = self._loaded.record
        self.step, self._best = self._loaded.step, self._loaded.best
        self._recent.extend(self._loaded.recent)
        self._best_score, self._last_score = record["best_score"], record["last_score"]
        self._epochs_since_best = record["epochs_since_best"]
        self._elapsed_before, self.run.budget = record["elapsed"], record.get("budget")
        self.run.state.curve[:] = record["curve"]
        self.run.module.load_state_dict(dict(self._loaded.weights), strict=False)
        if self.run.weighing is not None:
            self.run.weighing.restore(self._loaded.words)

    @property
    def is_over(self) -> bool:
        """Whether all steps are done, or so many epochs were no better that there are no more."""
        patience = self.run.settings.patience
        return self.step >= self.run.steps or bool(patience and self._epochs_since_best >= patience)

    def attach(self, optimizer: torch.optim.Optimizer) -> None:
        """Take the optimizer to write into checkpoints, and put a loaded state into it."""
        self._optimizer = optimizer
        if self._loaded is not None:
            checkpoints.restore_optimizer(optimizer, self._loaded.optimizer)

    def saw(self, loss: Tensor) -> None:
        """Remember the loss of a step."""
        self._losses.append(loss)

    def seed_draws(self) -> None:
        """Let what is drawn next depend on the seed and the step alone."""
        torch.manual_seed((self.run.seed << 32) + (processes.place() << 24) + self.step)

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        weighing = self.run.weighing
        wanted = () if weighing is None else weighing.wants(self.step)
        if weighing is not None and wanted:
            losses = read_losses(self.run.state, weighing.examples, progress=self.still_there)
            for name in wanted:
                weighing.keep(name, losses)
        self.seed_draws()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.step += 1
        is_epoch_end = self.step % self.run.per_epoch == 0
        if is_epoch_end:
            self.judge()
            if self.is_over:
                control.should_training_stop = True
        elif time.monotonic() - self._told > _REPORT_SECONDS:
            self.tell(None)
        if is_epoch_end or time.monotonic() - self._written > CHECKPOINT_SECONDS:
            self._write()

    def tell(self, score: float | None) -> None:
        """Say how far the training is."""
        self._told = time.monotonic()
        if self.run.state.on_progress is not None and processes.is_main():
            self.run.state.on_progress(self.progress(score))

    def progress(self, score: float | None) -> Progress:
        """How far the training is."""
        loss = float(torch.stack(list(self._losses)).mean()) if self._losses else 0.0
        run, elapsed = self.run, self.run.elapsed + self.elapsed
        step, steps = run.turn * run.steps + self.step, run.settings.runs * run.steps
        remaining = elapsed / max(step, 1) * (steps - step)
        return Progress(step, steps, step / run.per_epoch, loss, score, elapsed, remaining)

    @property
    def elapsed(self) -> float:
        """Seconds that this run took so far, those before a restart included."""
        return self._elapsed_before + time.monotonic() - self._begin

    def judge(self) -> None:
        """Score the epoch on validation data; remember its weights if they are the best, or for the average."""
        if not self.run.objective.is_judged:
            progress = self.progress(None)
            self.run.state.curve.append({"epoch": progress.epoch, "loss": progress.loss})
            self.tell(None)
            return
        score, figures = self._score()
        self._last_score = score
        progress = self.progress(score)
        self.run.state.curve.append({"epoch": progress.epoch, "loss": progress.loss, "score": score, **figures})
        if score > self._best_score:
            self._best_score, self._epochs_since_best = score, 0
            if self.run.settings.keep_best:
                self._best = self._weights()
        else:
            self._epochs_since_best += 1
        if self.run.settings.average > 1:
            self._recent.append(self._weights())
        self.tell(score)

    def _score(self) -> tuple[float, dict[str, float]]:
        state, score, figures = self.run.state, 0.0, dict[str, float]()
        if processes.is_main():
            figures = self._figures()
            score = selection_score(figures, state.network.design)
        return processes.from_main(score, state.device), figures

    def _figures(self) -> dict[str, float]:
        state = self.run.state
        predictions = state.model().predict(state.validation, progress=self.still_there)
        return measure(predictions, state.validation, state.task)

    def still_there(self, _: int) -> None:
        """Tell where the training stands while it reads documents; for whatever counts them."""
        if time.monotonic() - self._told > _REPORT_SECONDS:
            self.tell(None)

    def _weights(self) -> Weights:
        return learning_weights(self.run.module)

    def _write(self) -> None:
        folder, self._written = self.run.checkpoints, time.monotonic()
        if folder is None or self._optimizer is None or not processes.is_main():
            return
        record: dict[str, Json] = {
            "best_score": self._best_score,
            "last_score": self._last_score,
            "epochs_since_best": self._epochs_since_best,
            "elapsed": self.elapsed,
            "curve": self.run.state.curve,
            "budget": self.run.budget,
        }
        optimizer = checkpoints.optimizer_tensors(self._optimizer)
        weights, recent = self._weights(), list(self._recent)
        words = {} if self.run.weighing is None else self.run.weighing.tensors()
        checkpoint = checkpoints.Checkpoint(
            self._identity, self.step, weights, optimizer, self._best, recent, words, record
        )
        checkpoints.write(folder, checkpoint)

    def score(self) -> float:
        """The figure that epochs are chosen by, of the weights as they are."""
        return self._score()[0]

    def finish(self) -> dict[str, Json]:
        """Put the weights in place that are to be kept; gives the scores of the last, best and averaged epochs.

        Nothing where nothing was averaged.
        """
        run, found, kept = self.run, dict[str, Json](), self._last_score
        if len(self._recent) > 1:
            run.state.network.load_state_dict(average(list(self._recent)), strict=False)
            kept = self.score()
            found = {"last_epoch": self._last_score, "best_epoch": self._best_score, "averaged_epochs": kept}
            if kept >= self._best_score:
                self._best = {}
        if self._best:
            run.state.network.load_state_dict(dict(self._best), strict=False)
            kept = self._best_score
        if run.settings.runs == 1:
            return found
        return {**{f"run_{run.turn + 1}_{name}": score for name, score in found.items()}, f"run_{run.turn + 1}": kept}


def selection_score(figures: Mapping[str, float], config: NetworkConfig) -> float:
    """The figure that epochs are chosen by: see `Progress.validation_f1`; 0 where there is none."""
    spans = "character_f1" if config.shape.scheme == "io" else "span_exact_f1"
    names = ((spans,) if config.classes else ()) + (("document_macro_f1",) if config.labels else ())
    found = [figures[name] for name in names if name in figures]
    return sum(found) / len(found) if found else 0.0


def identity_of(run: Run) -> str:
    """What a checkpoint must fit: settings, seed, and every row with its targets."""
    digest = hashlib.sha256(run.settings.model_dump_json().encode())
    digest.update(json.dumps([run.seed, run.state.network.design.model_dump(mode="json")]).encode())
    digest.update(run.objective.identity.encode())
    for example in run.examples:
        digest.update(example.fingerprint())
    return digest.hexdigest()
