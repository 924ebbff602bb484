"""Masked language modelling on Hugging Face's `Trainer`: from texts to blocks, and what was gained on others."""

from __future__ import annotations

import hashlib
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import DataCollatorForLanguageModeling, PreTrainedTokenizerFast

from tokapp.documents import Document, Json
from tokapp.errors import TrainingError
from tokapp.models.backbone import fitting_length
from tokapp.training.guessing import HIDDEN, Guesser, find_head
from tokapp.training.state import TrainingState
from tokapp.training.steps.continue_pretraining import ContinuePretraining
from tokapp.training.steps.fine_tune import FineTune
from tokapp.training.trainer import Run, prepare

COPIES = 0.1
"""A loss below this is that of copying what is in sight, not of guessing what is hidden (T-FREX's trap)."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Neighbouring tokens of the texts: `ids` int64 [tokens], and which of them are `special` and never hidden."""

    ids: NDArray[np.int64]
    special: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.ids)

    def fingerprint(self) -> bytes:
        """What a checkpoint must fit."""
        return self.ids.tobytes()


def continue_pretraining(state: TrainingState, settings: ContinuePretraining) -> None:
    """Train the backbone in place; figures go into the metrics under "continue_pretraining".

    Raises TrainingError when there are fewer than two texts, or the tokenizer has no token that hides another.
    """
    if state.tokenizer.mask_token is None:
        raise TrainingError(
            "continue_pretraining hides tokens, but this backbone's tokenizer has no mask token; leave the step out or "
            "choose an encoder such as BERT, RoBERTa or ModernBERT"
        )
    learn = _learning(settings)
    torch.manual_seed(state.seed)  # an adapter and a new head are drawn
    prepare(state.network, learn)
    for head in state.network.heads:
        head.requires_grad_(False)
    inside, outside = hold_out(texts_of(state), settings.held_out)
    length = fitting_length(state.network.encoder, settings.block)
    blocks, held = (make_blocks(texts, state.tokenizer, length) for texts in (inside, outside))
    guesser, is_own = _guesser(state)
    before = perplexity(guesser, held, state, settings)
    done, run = len(state.curve), _Run(state, settings, learn, blocks, guesser)
    if run.watch.step < run.steps:
        run.optimise()
    figures: dict[str, Json] = {"texts": len(inside), "held_out_texts": len(outside), "blocks": len(blocks)}
    figures |= {"perplexity_before": before, "perplexity_after": perplexity(guesser, held, state, settings)}
    losses = [float(str(record["loss"])) for record in state.curve[done:] if isinstance(record, dict)]
    figures |= {"head": "the backbone's own" if is_own else "new", "losses": list[Json](losses)}
    if losses[-1] < COPIES:
        figures["warning"] = f"the loss fell to {losses[-1]:.3f}: it looks as if tokens were copied, not guessed"
        _LOG.warning("step=continue_pretraining %s", figures["warning"])
    state.metrics["continue_pretraining"] = figures
    state.network.eval().requires_grad_(False)


def _learning(settings: ContinuePretraining) -> FineTune:
    shared = ("mode", "lora", "epochs", "learning_rate", "head_learning_rate", "batch_size", "weight_decay", "warmup")
    return FineTune(keep_best=False, **{name: getattr(settings, name) for name in shared})


def _guesser(state: TrainingState) -> tuple[Guesser, bool]:
    head, is_own = find_head(state.network)
    return Guesser(state.network, head).to(state.device), is_own


def texts_of(state: TrainingState) -> list[str]:
    """The different texts of the training documents, passages included, without any that validation has, too."""
    known = {text for document in state.validation for text in _texts(document)}
    found = dict.fromkeys(text for document in state.train for text in _texts(document))
    return [text for text in found if text not in known and text.strip()]


def _texts(document: Document) -> Sequence[str]:
    return (document.text, *document.contexts)


def hold_out(texts: Sequence[str], share: float) -> tuple[list[str], list[str]]:
    """Texts to learn from, and those kept apart: the share with the lowest SHA-256, at least one.

    Raises TrainingError when there are not two.
    """
    if len(texts) < 2:
        raise TrainingError("continue_pretraining needs at least two different texts; add some, labelled or not")
    ranked = sorted(texts, key=lambda text: hashlib.sha256(text.encode()).digest())
    apart = set(ranked[: min(max(round(share * len(texts)), 1), len(texts) - 1)])
    return [text for text in texts if text not in apart], [text for text in texts if text in apart]


def make_blocks(texts: Sequence[str], tokenizer: PreTrainedTokenizerFast, length: int) -> list[Block]:
    """The texts' tokens one behind the other in blocks of `length`; a rest is dropped unless it is all there is."""
    rows = tokenizer(list(texts), return_special_tokens_mask=True, verbose=False)
    ids = np.concatenate([np.asarray(row, np.int64) for row in rows["input_ids"]])
    special = np.concatenate([np.asarray(row, np.bool_) for row in rows["special_tokens_mask"]])
    last = max(len(ids) - length, 0)
    return [Block(ids[at : at + length], special[at : at + length]) for at in range(0, last + 1, length)]


class Hiding:
    """Makes batches of blocks with hidden tokens; which ones depends on the seed and the number of the batch alone."""

    def __init__(self, tokenizer: PreTrainedTokenizerFast, share: float, *, seed: int, start: int = 0) -> None:
        self._collator = DataCollatorForLanguageModeling(tokenizer, mlm=True, mlm_probability=share)
        self._seed, self._turn = seed, start

    def __call__(self, blocks: Sequence[Block]) -> dict[str, Tensor]:
        """`input_ids`, `attention_mask` and `labels` [rows, tokens]; labels are `HIDDEN` where nothing is hidden."""
        self._collator.generator = torch.Generator().manual_seed((self._seed << 32) + self._turn)
        self._turn += 1
        rows = [{"input_ids": block.ids, "special_tokens_mask": block.special.astype(np.int64)} for block in blocks]
        batch = self._collator(rows)
        return {name: batch[name] for name in ("input_ids", "attention_mask", "labels")}


@torch.no_grad()
def perplexity(guesser: Guesser, blocks: Sequence[Block], state: TrainingState, settings: ContinuePretraining) -> float:
    """exp of the mean cross-entropy at the hidden tokens of held-out blocks, always the same ones; inf beyond floats.

    A text so short that nothing in it was hidden has others drawn.
    """
    guesser.eval()
    hide, size = Hiding(state.tokenizer, settings.masked, seed=state.seed), settings.batch_size
    total, hidden = 0.0, 0
    for _ in range(100):
        for start in range(0, len(blocks), size):
            batch = {name: tensor.to(state.device) for name, tensor in hide(blocks[start : start + size]).items()}
            hidden += int((batch["labels"] != HIDDEN).sum())
            total += float(guesser(**batch))
        if hidden:
            break
    return math.exp(min(total / max(hidden, 1), 700.0))


class _Guessing:
    """The mean cross-entropy over a batch's hidden tokens; predictions do not show what it teaches."""

    in_pieces, is_judged = True, False

    def __init__(self, settings: ContinuePretraining) -> None:
        self.identity = f"hidden {settings.masked}"

    def begin(self, batch: Mapping[str, Tensor]) -> None:
        """Count the hidden tokens."""
        self._hidden = (batch["labels"] != HIDDEN).sum().clamp(min=1)

    def __call__(self, model: Any, batch: Mapping[str, Tensor]) -> tuple[Tensor, Any]:
        """The share of a batch's loss that a piece of it has."""
        return model(batch["input_ids"], batch["attention_mask"], batch["labels"]) / self._hidden, None


class _Run(Run):
    """A pass over blocks instead of documents."""

    def __init__(
        self,
        state: TrainingState,
        settings: ContinuePretraining,
        learn: FineTune,
        blocks: Sequence[Block],
        guesser: Guesser,
    ) -> None:
        self._guesser, self._share = guesser, settings.masked
        super().__init__(state, learn, examples=blocks, objective=_Guessing(settings))

    @property
    def module(self) -> nn.Module:
        return self._guesser

    def collator(self, start: int) -> Callable[[Sequence[Any]], dict[str, Tensor]]:
        return Hiding(self.state.tokenizer, self._share, seed=self.seed + 1, start=start)
