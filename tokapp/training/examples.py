"""From labelled documents to rows with targets, in an order that only the seed decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Sampler

from tokapp.documents import Document, Offset, Span
from tokapp.errors import TrainingError
from tokapp.models.backbone import fitting_length
from tokapp.models.config import NetworkConfig
from tokapp.models.encoding import Encoder, Encoding, collate
from tokapp.models.token_model import encoder_for
from tokapp.training.guards import Guard, guards_of, padded
from tokapp.training.state import TrainingState
from tokapp.training.steps.fine_tune import FineTune
from tokapp.training.steps.right_reasons import RightReasons

IGNORED = -100
"""Target of tokens and documents that nothing is known about; the loss passes them over."""

_POOL = 50


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """A row with its targets: `tokens` int64 [tokens], `document` the index of the document label.

    `likely` float32 [tokens, classes] are probabilities that a teacher gave in place of `tokens`, 0 where it said none.
    `guards` say which tokens people marked as no evidence for what. `number` is its place among all of a training,
    `part` the weight of its document label.
    """

    row: Encoding
    tokens: NDArray[np.int64]
    document: int
    likely: NDArray[np.float32] | None = None
    guards: Sequence[Guard] = ()
    number: int = -1
    part: float = 1.0

    def __len__(self) -> int:
        return len(self.row)

    def fingerprint(self) -> bytes:
        """What a checkpoint must fit; of a teacher's judgement, whose last bits may differ, the likeliest classes."""
        likely = b"" if self.likely is None else self.likely.argmax(axis=1).tobytes()
        guarded = b"".join(guard.decided.tobytes() + guard.wrong.tobytes() for guard in self.guards)
        known = self.row.input_ids.tobytes() + self.tokens.tobytes() + str(self.document).encode()
        return known + likely + guarded


def make_examples(
    documents: Sequence[Document],
    encoder: Encoder,
    config: NetworkConfig,
    *,
    right_reasons: RightReasons | None = None,
    every_window: bool = False,
) -> list[Example]:
    """Rows of all documents that have a target.

    The first token of each word carries the word's class, as in T-FREX; all other tokens are ignored. A document that
    is neither reviewed nor has spans says nothing about spans. A long document's label stands at its first window,
    or with `every_window` at all of them, each with an equal part of its weight.
    With `right_reasons` the words that people marked as no evidence are guarded.
    """
    examples, before, rows = list[Example](), -1, rows_to_learn(documents, encoder)
    windows = Counter(row.document for row in rows)
    for row in rows:
        document, is_first = documents[row.document], row.document != before
        tokens = _token_targets(row, document, config.classes)
        label = _document_target(document, config.labels) if is_first or every_window else IGNORED
        before, part = row.document, 1 / windows[row.document] if every_window else 1.0
        if label != IGNORED or (tokens != IGNORED).any():
            guards = _guards(row, document, label, config, right_reasons)
            examples.append(Example(row, tokens, label, guards=guards, part=part))
    return examples


def _guards(
    row: Encoding, document: Document, label: int, config: NetworkConfig, settings: RightReasons | None
) -> Sequence[Guard]:
    if settings is None or not document.reasons:
        return ()
    has_label, has_words = label != IGNORED, bool(config.classes)
    return guards_of(row, document, has_label=has_label, has_words=has_words, only_evidence=settings.only_evidence)


def rows_to_learn(documents: Sequence[Document], encoder: Encoder) -> list[Encoding]:
    """Rows of all documents, of several chunks of passages the first alone, as LettuceDetect is trained.

    What other passages back would otherwise be called supported beside passages that do not, and count more often.
    """
    return [row for row in encoder.encode(documents) if not row.chunk]


def labelled_examples(state: TrainingState, settings: FineTune) -> list[Example]:
    """Rows with targets of the training documents; raises TrainingError when there are none."""
    encoder = row_encoder(state, settings)
    examples = make_examples(
        state.train,
        encoder,
        state.network.design,
        right_reasons=state.right_reasons,
        every_window=settings.label_windows == "all",
    )
    if not examples:
        raise TrainingError("none of the training documents has labels that this model learns; label some first")
    return examples


def numbered(examples: Sequence[Example]) -> list[Example]:
    """The same examples, each with its place among them."""
    return [replace(example, number=number) for number, example in enumerate(examples)]


def row_encoder(state: TrainingState, settings: FineTune) -> Encoder:
    """What cuts documents into rows of the settings' length."""
    config = state.network.design
    if settings.max_length is not None:
        longest = fitting_length(state.network.encoder, settings.max_length)
        shape = config.shape.model_copy(update={"max_length": longest})
        config = config.model_copy(update={"shape": shape})
    return encoder_for(state.tokenizer, state.task, config)


def _document_target(document: Document, labels: Sequence[str]) -> int:
    return labels.index(document.label) if document.label in labels else IGNORED


def _token_targets(row: Encoding, document: Document, classes: Sequence[str]) -> NDArray[np.int64]:
    targets = np.full(len(row), IGNORED, np.int64)
    if classes and (document.is_reviewed or document.spans):
        mine = np.flatnonzero(row.word_index >= 0)
        found = word_targets(document.spans, row.words, classes)
        targets[row.word_index[mine[::-1]]] = found[mine[::-1]]  # of words in one token the first one stays
    return targets


def word_targets(spans: Sequence[Span], words: Sequence[Offset], classes: Sequence[str]) -> NDArray[np.int64]:
    """Class of every word, by the words that share a character with a span of x.

    B-x for the first and I-x for the further ones; with E classes E-x for the last and S-x for an only one; without B
    classes I-x for all. Of spans that share a word, the one that begins first has it, then the longer one.
    """
    targets = np.zeros(len(words), np.int64)
    ends = [end for _, end in words]
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        first = int(np.searchsorted(ends, span.start, side="right"))
        held = [index for index in range(first, len(words)) if words[index][0] < span.end and not targets[index]]
        for index, mark in zip(held, _marks(len(held), span.label, classes), strict=True):
            targets[index] = classes.index(f"{mark}-{span.label}")
    return targets


def _marks(count: int, label: str, classes: Sequence[str]) -> str:
    """The letters of the classes of a span of so many words."""
    if f"B-{label}" not in classes:
        return "I" * count
    if f"E-{label}" not in classes:
        return ("B" + "I" * (count - 1))[:count]
    return "S" if count == 1 else ("B" + "I" * (count - 2) + "E")[:count]


class EpochBatches(Sampler[list[int]]):
    """Batches of all epochs in a row, beginning at step `start`; lengths are alike within a batch.

    The order depends on the seed and the epoch alone, so that a run can go on anywhere.
    """

    def __init__(self, lengths: Sequence[int], batch_size: int, *, epochs: int, seed: int, start: int = 0) -> None:
        self._lengths, self._batch_size, self._epochs = np.asarray(lengths), batch_size, epochs
        self._seed, self._start = seed, start

    @property
    def per_epoch(self) -> int:
        """Batches in an epoch."""
        return -(-len(self._lengths) // self._batch_size)

    def __len__(self) -> int:
        return max(self.per_epoch * self._epochs - self._start, 0)

    def __iter__(self) -> Iterator[list[int]]:
        first, skipped = divmod(self._start, self.per_epoch)
        for epoch in range(first, self._epochs):
            batches = self._epoch(epoch)
            yield from batches[skipped:] if epoch == first else batches

    def _epoch(self, epoch: int) -> list[list[int]]:
        random = np.random.default_rng((self._seed, epoch))
        order, pool = random.permutation(len(self._lengths)), self._batch_size * _POOL
        pools = [order[start : start + pool] for start in range(0, len(order), pool)]
        ordered = np.concatenate([some[np.argsort(-self._lengths[some], kind="stable")] for some in pools])
        size = self._batch_size
        batches = [ordered[start : start + size].tolist() for start in range(0, len(ordered), size)]
        return [batches[place] for place in random.permutation(len(batches))]


def collate_examples(examples: Sequence[Example], *, pad_id: int) -> dict[str, Tensor]:
    """A padded batch by name, with `token_targets` [rows, tokens], `document_targets` and `numbers` [rows]."""
    batch = collate([example.row for example in examples], pad_id=pad_id)
    targets = np.full(batch.input_ids.shape, IGNORED, np.int64)
    for place, example in enumerate(examples):
        targets[place, : len(example.tokens)] = example.tokens
    tensors = {
        "input_ids": torch.from_numpy(batch.input_ids),
        "attention_mask": torch.from_numpy(batch.attention_mask),
        "type_ids": torch.from_numpy(batch.type_ids),
        "part": torch.from_numpy(batch.part),
        "token_targets": torch.from_numpy(targets),
        "document_targets": torch.tensor([example.document for example in examples]),
        "numbers": torch.tensor([example.number for example in examples]),
    }
    if any(example.likely is not None for example in examples):
        tensors["likely"] = torch.from_numpy(_likely(examples, targets))
    if any(example.part != 1 for example in examples):
        tensors["parts"] = torch.tensor([example.part for example in examples])
    if any(example.guards for example in examples):
        guards = padded([example.guards for example in examples], batch.input_ids.shape[1])
        tensors |= {name: torch.from_numpy(mask) for name, mask in guards.items()}
    return tensors if batch.features is None else {**tensors, "features": torch.from_numpy(batch.features)}


def _likely(examples: Sequence[Example], targets: NDArray[np.int64]) -> NDArray[np.float32]:
    """Probabilities [rows, tokens, classes] of a batch; a class that is known has all of it."""
    classes = next(example.likely.shape[1] for example in examples if example.likely is not None)
    likely = np.zeros((*targets.shape, classes), np.float32)
    likely[targets != IGNORED] = np.eye(classes, dtype=np.float32)[targets[targets != IGNORED]]
    for place, example in enumerate(examples):
        if example.likely is not None:
            likely[place, : len(example.likely)] = example.likely
    return likely
