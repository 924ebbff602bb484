"""Preferences between texts: a language model learns to write what was chosen rather than what was rejected.

Rafailov et al. 2023, Direct Preference Optimization, as the library trl computes it, which comes with `tokapp[trl]`.
"""

from __future__ import annotations

import logging
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from transformers import TrainerCallback

from tokapp.errors import BadInput, TrainingError
from tokapp.models.config import Lora
from tokapp.models.language_model import LanguageModel
from tokapp.training.progress import Progress

if TYPE_CHECKING:
    from trl import DPOTrainer

_LOG = logging.getLogger(__name__)


class TextPreferences(BaseModel):
    """Settings of learning from pairs of texts.

    `lora` None trains every weight. The higher `beta`, the less the model moves from what it was. Pairs whose prompt
    alone fills `max_length` tokens are left out, longer answers are cut.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    beta: float = Field(default=0.1, gt=0, le=100)
    epochs: int = Field(default=1, ge=1, le=100)
    learning_rate: float = Field(default=1e-5, gt=0, lt=1)
    batch_size: int = Field(default=4, ge=1, le=4096)
    max_length: int = Field(default=1024, ge=16, le=65536)
    lora: Lora | None = Lora()
    seed: int = Field(default=0, ge=0)


class TextPair(BaseModel):
    """A prompt with the answer that was chosen and the one that was rejected."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    prompt: str = Field(min_length=1)
    chosen: str = Field(min_length=1)
    rejected: str = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a training did: how many pairs it used, and its loss in the first and in the last step.

    The first is ln 2, since the model has not moved yet.
    """

    pairs: int
    first_loss: float
    last_loss: float


def read_pairs(file: Path) -> list[TextPair]:
    """The pairs of a JSONL file with `prompt`, `chosen` and `rejected`; raises BadInput naming the line."""
    pairs = []
    for number, line in enumerate(_lines(file), start=1):
        if line.strip():
            try:
                pairs.append(TextPair.model_validate_json(line))
            except ValidationError as error:
                first = error.errors()[0]
                place = ".".join(map(str, first["loc"])) or "the line"
                raise BadInput(f"{place} is wrong: {first['msg']}", where=f"{file.name}, line {number}") from error
    if not pairs:
        raise BadInput("it holds no pairs: each line is an object with prompt, chosen and rejected", where=str(file))
    return pairs


def _lines(file: Path) -> Sequence[str]:
    try:
        return file.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"it cannot be read: {error}", where=str(file)) from error


def prefer_texts(
    model: LanguageModel,
    pairs: Sequence[TextPair],
    output: Path,
    settings: TextPreferences,
    *,
    on_progress: Callable[[Progress], None] | None = None,
) -> Learnt:
    """Train `model` on pairs and write it to the folder `output`, as safetensors with its tokenizer.

    Another process sees either no folder or the whole one. A run that was killed begins anew: trl's checkpoints are
    pickles. Raises TrainingError without trl, without a pair that fits, and for a folder that is there already, and
    whatever `on_progress` raises.
    """
    if output.exists():
        raise TrainingError(f"there is something in {output} already; name another folder")
    rows = [row for row in (_row(model, pair) for pair in pairs) if len(row["prompt_ids"]) < settings.max_length]
    if not rows:
        raise TrainingError(f"no prompt is shorter than max_length ({settings.max_length} tokens); raise it")
    _LOG.info("prefer_texts pairs=%d left_out=%d", len(rows), len(pairs) - len(rows))
    with tempfile.TemporaryDirectory(prefix="tokapp-training-") as scratch:
        trainer = _trainer(model, rows, settings, Path(scratch), on_progress)
        trainer.train()
    losses = [float(one["loss"]) for one in trainer.state.log_history if "loss" in one]
    _save(trainer.model, model, output)
    return Learnt(len(rows), losses[0], losses[-1])


def _row(model: LanguageModel, pair: TextPair) -> dict[str, list[int]]:
    """Token ids of a pair; special tokens that somebody wrote into a text are plain text."""
    before, after = model.turn()
    end = [] if model.tokenizer.eos_token_id is None else [int(model.tokenizer.eos_token_id)]
    return {
        "prompt_ids": [*before, *model.cut(pair.prompt).ids, *after],
        "chosen_ids": [*model.cut(pair.chosen).ids, *end],
        "rejected_ids": [*model.cut(pair.rejected).ids, *end],
    }


def _trainer(
    model: LanguageModel,
    rows: Sequence[dict[str, list[int]]],
    settings: TextPreferences,
    scratch: Path,
    on_progress: Callable[[Progress], None] | None,
) -> DPOTrainer:
    try:
        from datasets import Dataset
        from peft import LoraConfig
        from trl import DPOConfig, DPOTrainer
    except ImportError as error:
        raise TrainingError("preferences between texts need the library trl: pip install 'tokapp[trl]'") from error

    class Prepared(DPOTrainer):  # type: ignore[misc]  # an optional library, which is not looked into
        """With rows that are token ids already, since its own tokenising takes special tokens in texts for such."""

        def _prepare_dataset(self, dataset: Any, *_: Any) -> Any:
            return dataset

    is_cpu, lora = model.device.type == "cpu", settings.lora
    arguments = DPOConfig(
        output_dir=str(scratch),
        beta=settings.beta,
        max_length=settings.max_length,
        precompute_ref_log_probs=True,  # the model before, without a second copy of it in memory
        num_train_epochs=settings.epochs,
        learning_rate=settings.learning_rate,
        per_device_train_batch_size=settings.batch_size,
        gradient_checkpointing=not is_cpu,
        bf16=False,
        seed=settings.seed,
        use_cpu=is_cpu,
        save_strategy="no",
        logging_steps=1,
        report_to=[],
        disable_tqdm=True,
        dataloader_pin_memory=False,
    )
    adapter = None
    if lora is not None:
        adapter = LoraConfig(
            r=lora.rank, lora_alpha=lora.alpha, lora_dropout=lora.dropout, target_modules="all-linear", bias="none"
        )
    return Prepared(
        model=model.model,
        args=arguments,
        train_dataset=Dataset.from_list(list(rows)),
        processing_class=model.tokenizer,
        peft_config=adapter,
        callbacks=[_Teller(on_progress)],
    )


class _Teller(TrainerCallback):
    """Passes on how far a training is; what hears of it may raise to stop it."""

    def __init__(self, on_progress: Callable[[Progress], None] | None) -> None:
        self._on_progress, self._begin = on_progress, time.monotonic()

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        if self._on_progress is not None and "loss" in (logs or {}):
            step, steps, elapsed = state.global_step, state.max_steps, time.monotonic() - self._begin
            remaining = elapsed / step * (steps - step)
            self._on_progress(Progress(step, steps, state.epoch, logs["loss"], None, elapsed, remaining))


def _save(trained: Any, model: LanguageModel, output: Path) -> None:
    merge = getattr(trained, "merge_and_unload", None)
    plain = trained if merge is None else merge()
    output.parent.mkdir(parents=True, exist_ok=True)
    building = output.parent / f".{output.name}.{secrets.token_hex(4)}"
    try:
        plain.to(torch.float32).save_pretrained(building)
        model.tokenizer.save_pretrained(building)
        building.rename(output)
    finally:
        shutil.rmtree(building, ignore_errors=True)
