"""Fine-tuning on Hugging Face's `Trainer`: our batches and loss go in, its optimisation loop does the work.

The trainer's own checkpoints pickle, so they are off; `Watch` writes ours. Batches, dropout and learning rate depend on
the seed and the step alone, which makes two runs equal and a resumed run equal to one that was never killed. When a
device's memory runs out, the step is done again in pieces, and later steps are cut to that size from the start.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader
from transformers import PrinterCallback, Trainer, TrainingArguments

from tokapp.documents import Json
from tokapp.errors import TrainingError
from tokapp.models.bottleneck import BOTTLENECK_MARK
from tokapp.models.config import NetworkConfig
from tokapp.models.device import free_memory, is_out_of_memory
from tokapp.models.network import LORA_MARK, Network
from tokapp.models.pieces import rows_within
from tokapp.training.averaging import average, check_one_head, is_head
from tokapp.training.examples import EpochBatches, Example, collate_examples, labelled_examples, numbered
from tokapp.training.objective import FromLabels, Objective
from tokapp.training.reading import read_losses
from tokapp.training.rechecking import doubted
from tokapp.training.state import TrainingState
from tokapp.training.steps.fine_tune import FineTune
from tokapp.training.watch import Watch
from tokapp.training.weighing import Weighing
from tokapp.training.weights import Weights, learning_weights

_APART = 7919
"""Distance between the seeds of two runs, so that runs of neighbouring seeds share none."""


def fine_tune(
    state: TrainingState,
    settings: FineTune,
    *,
    examples: Sequence[Example] | None = None,
    objective: Objective | None = None,
) -> None:
    """Train the state's network in place; the weights that are kept are the best (or averaged, or last) ones.

    What is made small is `objective` over `examples`, or the loss of all labels of the training documents, as
    `state.weighing` and `state.right_reasons` have it. With several runs the weights are the mean over the runs, all
    of which begin at the same weights; the runs themselves are left in `state.runs`. The metrics get what averaging did
    ("averaging"), the share of words that were learnt from ("weighing"), and labels that were not learnt ("recheck").
    Raises TrainingError when the documents cannot teach, and whatever `state.on_progress` raises.
    """
    _check(settings, state.network.design)
    if settings.seed is not None:
        torch.manual_seed(settings.seed)  # a new adapter's weights are drawn, too
    prepare(state.network, settings)
    if objective is not None and not objective.is_judged:
        _freeze(state.network.heads)
    state.network.to(state.device)
    start, runs = learning_weights(state.network), list[Run]()
    kept, figures = list[Weights](), dict[str, Json]()
    for turn in range(settings.runs):
        state.network.load_state_dict(dict(start), strict=False)
        if turn and settings.share == "head":
            heads = {name: tensor for name, tensor in kept[0].items() if is_head(name)}
            state.network.load_state_dict(heads, strict=False)
            _freeze(state.network.heads)
        elapsed = runs[-1].watch.elapsed if runs else 0.0
        runs.append(Run(state, settings, turn=turn, elapsed=elapsed, examples=examples, objective=objective))
        if not runs[-1].watch.is_over:
            runs[-1].optimise()
        figures |= runs[-1].watch.finish()
        everything = state.network.state_dict()
        kept.append({name: everything[name].detach().cpu().clone() for name in start})
    if len(kept) > 1:
        if settings.share == "head":
            check_one_head(kept)
        state.network.load_state_dict(average(kept), strict=False)
        figures["mean_of_runs"] = runs[-1].watch.score()
    if figures:
        state.metrics["averaging"] = figures
    _tell_of_words(state, runs[0])
    state.runs, state.has_learnt = kept, state.has_learnt or runs[0].objective.is_judged
    state.network.eval().requires_grad_(False)


def _tell_of_words(state: TrainingState, run: Run) -> None:
    """Put into the metrics which words a run learnt from, and which labels the network has not learnt now."""
    weighing, classes = run.weighing, state.network.design.classes
    if weighing is None:
        return
    if balance := weighing.balance(classes):
        state.metrics["weighing"] = balance
    if limit := weighing.settings.recheck:
        after = read_losses(state, weighing.examples, progress=run.watch.still_there)
        doubts = doubted(state.train, weighing.examples, classes, before=weighing.first, after=after, limit=limit)
        state.metrics["recheck"] = [doubt.as_json() for doubt in doubts]


def _freeze(heads: Sequence[nn.Module]) -> None:
    for head in heads:
        head.requires_grad_(False)


def _check(settings: FineTune, config: NetworkConfig) -> None:
    if settings.runs > 1 and settings.share == "head" and settings.mode == "head":
        raise TrainingError(
            "runs that share the first one's head have nothing to learn by mode head; use mode lora or full, or one run"
        )
    known = (*config.classes, *config.labels)
    for name in settings.class_weights.keys() - set(known):
        raise TrainingError(f"class_weights has {name!r}, which the model does not learn; it learns {', '.join(known)}")


def prepare(network: Network, settings: FineTune) -> None:
    """Decide which weights learn: everything, one kind of adapter and the heads, or the heads."""
    if settings.mode == "full":
        network.merge_adapter()
        network.design = network.design.model_copy(update={"lora": None, "storage": "full"})
        network.requires_grad_(True)
        return
    if settings.mode == "lora" and network.design.lora is None:
        network.add_adapter(settings.lora)
        network.design = network.design.model_copy(update={"lora": settings.lora})
    if settings.mode == "bottleneck" and network.design.bottleneck is None:
        network.add_bottlenecks(settings.bottleneck)
        network.design = network.design.model_copy(update={"bottleneck": settings.bottleneck})
    network.requires_grad_(True)
    marks = {"lora": LORA_MARK, "bottleneck": BOTTLENECK_MARK}.get(settings.mode)
    for name, parameter in network.encoder.named_parameters():
        parameter.requires_grad_(marks is not None and marks in name)


class Row(Protocol):
    """What is learnt from: its tokens are counted, and a checkpoint knows it by its fingerprint."""

    def __len__(self) -> int: ...

    def fingerprint(self) -> bytes:
        """What tells it from another one."""


class Run:
    """One pass through all epochs: what is shared between the trainer and what watches it.

    `turn` counts the runs of a fine-tuning, which took `elapsed` seconds so far.
    """

    def __init__(
        self,
        state: TrainingState,
        settings: FineTune,
        *,
        turn: int = 0,
        elapsed: float = 0.0,
        examples: Sequence[Row] | None = None,
        objective: Objective | None = None,
    ) -> None:
        self.state, self.settings, self.turn, self.elapsed = state, settings, turn, elapsed
        folder = state.checkpoints
        self.checkpoints = folder / f"run-{turn}" if folder is not None and settings.runs > 1 else folder
        self.budget: int | None = None  # tokens that fit into memory at once; None: not known
        self.seed = (state.seed if settings.seed is None else settings.seed) + _APART * turn
        self._labelled = numbered(labelled_examples(state, settings)) if examples is None else []
        self.examples: Sequence[Row] = self._labelled if examples is None else list(examples)
        self.batch_size = settings.batch_size * settings.accumulate
        self.per_epoch = EpochBatches([1] * len(self.examples), self.batch_size, epochs=1, seed=0).per_epoch
        self.steps = self.per_epoch * settings.epochs
        self.weighing = self._weighing() if examples is None else None
        self.objective = objective or FromLabels(state, settings, weighing=self.weighing)
        self.watch = Watch(self)

    def _weighing(self) -> Weighing | None:
        state, settings = self.state, self.state.weighing
        if settings is None:
            return None
        if not state.network.design.classes:
            raise TrainingError("weigh_tokens chooses words; this model only learns document labels, leave it out")
        return Weighing(settings, self._labelled, per_epoch=self.per_epoch, is_new=not state.has_learnt)

    @property
    def module(self) -> nn.Module:
        """What learns."""
        return self.state.network

    def collator(self, start: int) -> Callable[[Sequence[Any]], dict[str, Tensor]]:
        """What makes padded batches of rows, from step `start` on."""
        return partial(collate_examples, pad_id=self.state.tokenizer.pad_token_id or 0)

    def batches(self, start: int) -> DataLoader[Any]:
        """Batches from step `start` to the end of the last epoch."""
        lengths = [len(example) for example in self.examples]
        size, epochs = self.batch_size, self.settings.epochs
        sampler = EpochBatches(lengths, size, epochs=epochs, seed=self.seed, start=start)
        # Its own generator: the loader must not draw from the one that dropout uses.
        own = torch.Generator().manual_seed(self.seed)
        data: Any = self.examples
        return DataLoader(data, batch_sampler=sampler, collate_fn=self.collator(start), generator=own)

    def optimise(self) -> None:
        """Run the remaining steps; raises TrainingError when memory runs out."""
        with tempfile.TemporaryDirectory(prefix="tokapp-training-") as scratch:
            arguments = TrainingArguments(
                output_dir=scratch,
                max_steps=self.steps - self.watch.step,
                per_device_train_batch_size=self.batch_size,
                max_grad_norm=1.0,
                seed=self.seed,
                use_cpu=self.state.device.type == "cpu",
                bf16=self.settings.precision == "bfloat16",
                save_strategy="no",
                logging_strategy="no",
                report_to=[],
                disable_tqdm=True,
                dataloader_pin_memory=False,
            )
            trainer = RunTrainer(self, arguments)
            try:
                trainer.train()
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
                raise TrainingError(
                    "memory ran out; train with a smaller max_length or batch_size, by mode head, or a smaller model"
                ) from error

    def optimizer(self) -> AdamW:
        """AdamW over the weights that learn; heads may have a learning rate of their own."""
        settings, groups = self.settings, dict[float, list[Tensor]]()
        for name, parameter in self.module.named_parameters():
            if parameter.requires_grad:
                is_head = not name.startswith("encoder.")
                rate = (settings.head_learning_rate if is_head else None) or settings.learning_rate
                groups.setdefault(rate, []).append(parameter)
        parameters = [{"params": some, "lr": rate} for rate, some in groups.items()]
        return AdamW(parameters, weight_decay=settings.weight_decay)

    def rate(self, start: int, step: int) -> float:
        """Share of the learning rate at `step` steps after `start`: up over the warm-up, then down to 0."""
        place, warmup = start + step, int(self.settings.warmup * self.steps)
        return place / warmup if place < warmup else max((self.steps - place) / max(self.steps - warmup, 1), 0.0)


class RunTrainer(Trainer):
    """The trainer with our batches and our loss; only documented methods are overridden."""

    def __init__(self, run: Run, arguments: TrainingArguments) -> None:
        self._run = run
        optimizer = run.optimizer()
        run.watch.attach(optimizer)
        schedule = LambdaLR(optimizer, partial(run.rate, run.watch.step))
        super().__init__(
            model=run.module,
            args=arguments,
            train_dataset=run.examples,
            optimizers=(optimizer, schedule),
            callbacks=[run.watch],
        )
        self.remove_callback(PrinterCallback)

    def get_train_dataloader(self) -> DataLoader[Any]:
        loader = self._run.batches(self._run.watch.step)
        if self.args.world_size > 1:
            return loader  # every process sees the whole batch, and takes its rows of it
        prepared: DataLoader[Any] = self.accelerator.prepare(loader)
        return prepared

    def training_step(
        self, model: Any, inputs: Mapping[str, Tensor], num_items_in_batch: Tensor | int | None = None
    ) -> Tensor:
        batch = self._prepare_inputs(dict(inputs))
        self._run.objective.begin(batch)
        while (loss := self._learn(model, batch)) is None:
            rows, length = batch["input_ids"].shape
            self._run.budget = self._at_once(rows, length) * length // 2
            model.zero_grad()
            free_memory(self._run.state.device)
            self._run.watch.seed_draws()
        self._run.watch.saw(loss)
        return loss

    @property
    def _world(self) -> int:
        """How many processes share the rows of a batch; a loss that is not a sum over rows is found by each of them."""
        return self.args.world_size if self._run.objective.in_pieces else 1

    def _at_once(self, rows: int, length: int) -> int:
        if not self._run.objective.in_pieces:
            return rows
        return rows_within(min(rows, self._run.settings.batch_size), length, self._run.budget)

    def _learn(self, model: Any, batch: Mapping[str, Tensor]) -> Tensor | None:
        """Add a batch's gradients up over its pieces; None when memory ran out, with the error's tensors let go."""
        (count, length), losses = batch["input_ids"].shape, []
        rows, world = self._at_once(count, length), self._world
        try:
            for start in range(0, count, rows * world):
                mine = range(start, min(start + rows * world, count))[self.args.process_index % world :: world]
                # DDP takes the mean over processes; one that has no row left joins in with nothing.
                self._weight = float(world) if mine else 0.0
                first, last, by = (mine.start, mine.stop, mine.step) if mine else (start, start + 1, 1)
                piece = {name: tensor[first:last:by] for name, tensor in batch.items()}
                losses.append(super().training_step(model, piece))
        except RuntimeError as error:
            # Processes that train together must take equally many pieces, or they wait for each other for ever.
            is_whole = rows == 1 or not self._run.objective.in_pieces
            if not is_out_of_memory(error) or is_whole or self.args.world_size > 1:
                raise
            return None
        return torch.stack(losses).sum()

    def compute_loss(
        self, model: Any, inputs: Mapping[str, Tensor], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        loss, outputs = self._run.objective(model, inputs)
        loss = loss if self._weight == 1 else loss * self._weight
        return (loss, outputs) if return_outputs else loss
