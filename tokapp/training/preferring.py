"""Preferences over the labels of a class head: what people decided against what the model said."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import logsigmoid

from tokapp.models.network import Outputs
from tokapp.training.examples import IGNORED, Example, labelled_examples, numbered
from tokapp.training.objective import inputs_of
from tokapp.training.progress import Progress
from tokapp.training.reading import read
from tokapp.training.state import TrainingState
from tokapp.training.steps.prefer import Prefer
from tokapp.training.trainer import fine_tune

_LOG = logging.getLogger(__name__)


def prefer(state: TrainingState, settings: Prefer) -> None:
    """Train the state's network in place; the number of pairs is left in the metrics under "preferences".

    Without a pair nothing changes. Raises TrainingError when no document has a label, and whatever
    `state.on_progress` raises.
    """
    examples = labelled_examples(state, settings.learn)
    pairs = pairs_of(state, examples, settings, progress=partial(_tell, state, len(examples)))
    words, documents = (sum(counts) for counts in zip((0, 0), *(one.counts for _, one in pairs), strict=True))
    state.metrics["preferences"] = {"words": words, "documents": documents}
    _LOG.info("step=prefer words=%d documents=%d", words, documents)
    if pairs:
        objective = Preferences(settings, [one for _, one in pairs])
        fine_tune(state, settings.learn, examples=numbered([example for example, _ in pairs]), objective=objective)


def _tell(state: TrainingState, total: int, done: int) -> None:
    """Let whoever looks on know that documents are read, and stop the training."""
    if state.on_progress is not None:
        state.on_progress(Progress(0, total, 0.0, 0.0, None, 0.0, 0.0))


def preference_losses(margins: Tensor, reference: Tensor, beta: float) -> Tensor:
    """-log sigmoid(beta (margin - reference)) of every pair.

    A margin is the logit of the preferred label less that of the rejected one. Rafailov et al. 2023, Direct Preference
    Optimization, eq. 7, for a head whose answer is one label: log pi is a log-softmax, whose denominators cancel.
    """
    return -logsigmoid(beta * (margins - reference))


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """What stands against the targets of an example: rejected classes of words and of the document, IGNORED for none.

    `words` int64 and `word_margins` float32 [tokens]; margins are those of the reference, the model before.
    """

    words: NDArray[np.int64]
    word_margins: NDArray[np.float32]
    document: int
    document_margin: float

    @property
    def counts(self) -> tuple[int, int]:
        """How many pairs there are among words, and among document labels."""
        return int((self.words != IGNORED).sum()), int(self.document != IGNORED)


def pairs_of(
    state: TrainingState,
    examples: Sequence[Example],
    settings: Prefer,
    *,
    progress: Callable[[int], None] | None = None,
) -> list[tuple[Example, Pairs]]:
    """The examples that have a pair, with nothing but the preferred classes left as targets.

    Rejected is the likeliest class but people's: what the model said, where it was wrong. Where it was right there is
    a pair only with `settings.pairs` "all", and among words only for those inside of people's spans.
    """
    found: dict[int, tuple[Example, Pairs]] = {}
    for numbers, outputs in read(state, examples, progress=progress):
        for row, number in enumerate(numbers):
            example, pairs = _pairs(examples[number], outputs, row, settings.pairs == "all")
            if any(pairs.counts):
                found[number] = example, pairs
    return [found[number] for number in sorted(found)]


def _pairs(example: Example, outputs: Outputs, row: int, with_right: bool) -> tuple[Example, Pairs]:
    tokens, size = example.tokens, len(example.tokens)
    words, margins = np.full(size, IGNORED, np.int64), np.zeros(size, np.float32)
    document, margin = IGNORED, 0.0
    if outputs.token_logits is not None:
        at = np.flatnonzero(tokens != IGNORED)
        rejected, apart = _against(outputs.token_logits[row, at].float().cpu(), tokens[at])
        paired = (apart < 0) | (with_right & (tokens[at] != 0))
        words[at[paired]], margins[at[paired]] = rejected[paired], apart[paired]
    if outputs.document_logits is not None and example.document != IGNORED:
        [rejected], [apart] = _against(
            outputs.document_logits[row : row + 1].float().cpu(), np.array([example.document])
        )
        if apart < 0 or with_right:
            document, margin = int(rejected), float(apart)
    left = np.where(words != IGNORED, tokens, IGNORED)
    label = example.document if document != IGNORED else IGNORED
    return replace(example, tokens=left, document=label), Pairs(words, margins, document, margin)


def _against(logits: Tensor, targets: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """For each target the likeliest other class, and by how much its logit is below the target's."""
    own = torch.from_numpy(targets)[:, None]
    mine = logits.gather(1, own)
    best, others = logits.scatter(1, own, -torch.inf).max(dim=1, keepdim=True)
    return others[:, 0].numpy(), (mine - best)[:, 0].numpy()


class Preferences:
    """The objective of `prefer`: the mean loss over all pairs of a batch, with dropout off as in the reference."""

    in_pieces, is_judged = True, True

    def __init__(self, settings: Prefer, pairs: Sequence[Pairs]) -> None:
        self._settings, self._pairs = settings, pairs
        self.identity = settings.model_dump_json()

    def begin(self, batch: Mapping[str, Tensor]) -> None:
        """Count the pairs of a batch, which the losses of its pieces are divided by."""
        self._count = max(sum(sum(self._pairs[number].counts) for number in batch["numbers"].tolist()), 1)

    def __call__(self, model: Any, batch: Mapping[str, Tensor]) -> tuple[Tensor, Outputs]:
        """The share of a batch's loss that a piece of it has."""
        model.eval()
        outputs: Outputs = model(inputs_of(batch))
        pairs = [self._pairs[number] for number in batch["numbers"].tolist()]
        device = batch["input_ids"].device
        total = torch.zeros((), device=device)
        if outputs.token_logits is not None:
            total = total + self._words(outputs.token_logits, batch["token_targets"], pairs)
        if outputs.document_logits is not None:
            rejected = torch.tensor([pair.document for pair in pairs], device=device)
            reference = torch.tensor([pair.document_margin for pair in pairs], device=device)
            total = total + self._sum(outputs.document_logits, batch["document_targets"], rejected, reference)
        return total / self._count, outputs

    def _words(self, logits: Tensor, targets: Tensor, pairs: Sequence[Pairs]) -> Tensor:
        rejected, reference = torch.full(targets.shape, IGNORED), torch.zeros(targets.shape)
        for row, pair in enumerate(pairs):
            rejected[row, : len(pair.words)] = torch.from_numpy(pair.words)
            reference[row, : len(pair.words)] = torch.from_numpy(pair.word_margins)
        return self._sum(logits, targets, rejected.to(logits.device), reference.to(logits.device))

    def _sum(self, logits: Tensor, preferred: Tensor, rejected: Tensor, reference: Tensor) -> Tensor:
        mine = rejected != IGNORED
        chosen, other, some = preferred[mine][:, None], rejected[mine][:, None], logits[mine]
        margins = (some.gather(1, chosen) - some.gather(1, other))[:, 0]
        return preference_losses(margins, reference[mine], self._settings.beta).sum()
