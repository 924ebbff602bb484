"""The engine: documents to predictions, in batches of rows of similar length."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from tokapp.documents import Document, Prediction
from tokapp.errors import BadInput, JobCancelled

if TYPE_CHECKING:
    from tokapp.models import Model
    from tokapp.models.encoding import Encoding

CHUNK = 1024
"""Documents that are read, sorted and scored at a time; memory does not grow beyond it."""

_MOST_PADDING = 0.15


def predict(
    model: Model,
    documents: Sequence[Document],
    *,
    batch_size: int | None = None,
    token_budget: int | None = None,
    progress: Callable[[int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> list[Prediction]:
    """Predictions in the order of the documents; see `stream`. Raises BadInput for a batch size below 1."""
    if batch_size is not None and batch_size < 1:
        raise BadInput(f"a batch has at least one row, so batch_size cannot be {batch_size}")
    return list(
        stream(
            model, documents, batch_size=batch_size, token_budget=token_budget, progress=progress, cancelled=cancelled
        )
    )


def stream(
    model: Model,
    documents: Iterable[Document],
    *,
    batch_size: int | None = None,
    token_budget: int | None = None,
    progress: Callable[[int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Iterator[Prediction]:
    """Predictions one after the other in the order of the documents, with memory for `CHUNK` documents.

    A batch holds at most `token_budget` tokens with padding (None: what suits the device), and at most `batch_size`
    rows. `progress` gets the number of documents done so far, after every batch; when `cancelled` says so before a
    batch, JobCancelled is raised. Batches that do not fit into memory are run in pieces; ModelError if a single row
    does not fit. The members of an ensemble go over each chunk in turn, then they vote.
    """
    from tokapp.models.device import batch_tokens

    budget = token_budget or batch_tokens(model.device)
    source, done, size = iter(documents), 0, _Size(batch_size or budget, budget)
    while chunk := list(islice(source, CHUNK)):

        def report(share: float, before: int = done, count: int = len(chunk)) -> None:
            if progress is not None:
                progress(before + int(count * share + 1e-9))

        predictions = _predict_chunk(model, chunk, size, report, cancelled)
        done += len(chunk)
        yield from predictions


@dataclass(frozen=True, slots=True)
class _Size:
    """What a batch holds at most: rows, and tokens with padding."""

    rows: int
    tokens: int


def _predict_chunk(
    model: Model,
    documents: Sequence[Document],
    size: _Size,
    report: Callable[[float], None],
    cancelled: Callable[[], bool] | None,
) -> list[Prediction]:
    """Predictions of some documents; `report` gets the share of the work that is done, after every batch."""
    from tokapp.inference.gathering import Gathered
    from tokapp.inference.voting import vote
    from tokapp.models import EnsembleModel

    if isinstance(model, EnsembleModel):
        turns = enumerate(model.members)
        parts = [(one, partial(_report_share, report, turn, len(model.members))) for turn, one in turns]
        return vote(model, documents, [_predict_chunk(one, documents, size, part, cancelled) for one, part in parts])
    rows, finished = model.encode(documents), 0
    gathered = Gathered(model, documents, rows)
    for batch in _batches(rows, most=size.rows, budget=size.tokens):
        if cancelled is not None and cancelled():
            raise JobCancelled("prediction was cancelled")
        gathered.add(batch, model.forward(model.collate(batch)))
        finished += len(batch)
        report(finished / len(rows))
    return gathered.predictions()


def _report_share(report: Callable[[float], None], turn: int, turns: int, share: float) -> None:
    report((turn + share) / turns)


def _batches(rows: Sequence[Encoding], *, most: int, budget: int) -> Iterator[list[Encoding]]:
    """Batches of at most `most` rows and `budget` tokens; longest first, so that what does not fit is met at once."""
    batch: list[Encoding] = []
    for row in sorted(rows, key=len, reverse=True):
        if batch and not (_is_tight(batch, row) and len(batch) < most and len(batch[0]) * (len(batch) + 1) <= budget):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def _is_tight(batch: Sequence[Encoding], row: Encoding) -> bool:
    """Whether a row is about as long as a batch's longest, so that little is padded."""
    longest = len(batch[0])
    return longest - len(row) <= _MOST_PADDING * longest or longest - len(row) < 4
