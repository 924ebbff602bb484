"""The engine: documents to predictions, in batches of rows of similar length."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from tokapp.documents import Document, Prediction
from tokapp.errors import JobCancelled, ModelError
from tokapp.inference.gathering import Gathered
from tokapp.models.device import free_memory, is_out_of_memory
from tokapp.models.encoding import Encoding
from tokapp.models.network import Outputs

if TYPE_CHECKING:
    from tokapp.models.token_model import TokenModel

CHUNK = 1024
"""Documents that are read, sorted and scored at a time; memory does not grow beyond it."""

_MOST_PADDING = 0.15


def predict(
    model: TokenModel,
    documents: Sequence[Document],
    *,
    batch_size: int | None = None,
    token_budget: int = 4096,
    progress: Callable[[int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> list[Prediction]:
    """Predictions in the order of the documents; see `stream`."""
    return list(
        stream(
            model, documents, batch_size=batch_size, token_budget=token_budget, progress=progress, cancelled=cancelled
        )
    )


def stream(
    model: TokenModel,
    documents: Iterable[Document],
    *,
    batch_size: int | None = None,
    token_budget: int = 4096,
    progress: Callable[[int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Iterator[Prediction]:
    """Predictions one after the other in the order of the documents, with memory for `CHUNK` documents.

    A batch holds at most `token_budget` tokens with padding, and at most `batch_size` rows. `progress` gets the number
    of documents done so far, after every batch; when `cancelled` says so before a batch, JobCancelled is raised.
    Half of a batch that does not fit into memory is the budget from then on, for its own rows too; ModelError if a
    single row does not fit.
    """
    source, done = iter(documents), 0
    runner = _Runner(model, batch_size or token_budget, token_budget)
    while chunk := list(islice(source, CHUNK)):
        rows = model.encode(chunk)
        gathered, finished = Gathered(model, chunk, rows), 0
        for batch in runner.batches(rows):
            if cancelled is not None and cancelled():
                raise JobCancelled("prediction was cancelled")
            for part, outputs in runner.run(batch):
                gathered.add(part, outputs)
            finished += len(batch)
            if progress is not None:
                progress(done + len(chunk) * finished // len(rows))
        done += len(chunk)
        yield from gathered.predictions()


class _Runner:
    """Cuts rows into batches, and batches again when memory runs out."""

    def __init__(self, model: TokenModel, rows: int, budget: int) -> None:
        self._model, self._rows, self._budget = model, rows, budget

    def batches(self, rows: Sequence[Encoding]) -> Iterator[list[Encoding]]:
        """Longest rows first, so that what does not fit is met at the start."""
        batch: list[Encoding] = []
        for row in sorted(rows, key=len, reverse=True):
            if batch and not self._fits(batch, row):
                yield batch
                batch = []
            batch.append(row)
        if batch:
            yield batch

    def _fits(self, batch: Sequence[Encoding], row: Encoding) -> bool:
        longest = len(batch[0])
        is_tight = longest - len(row) <= _MOST_PADDING * longest or longest - len(row) < 4
        return is_tight and len(batch) < self._rows and longest * (len(batch) + 1) <= self._budget

    def run(self, batch: list[Encoding]) -> Iterator[tuple[list[Encoding], Outputs]]:
        """Outputs of a batch, in pieces if it does not fit into memory at once."""
        outputs = self._forward(batch)
        if outputs is not None:
            yield batch, outputs
            return
        self._budget = max(len(batch) * len(batch[0]) // 2, 1)
        free_memory(self._model.device)
        for part in self.batches(batch):
            yield from self.run(part)

    def _forward(self, batch: Sequence[Encoding]) -> Outputs | None:
        """None when memory ran out: the error is gone by then, and with it the tensors that its frames held."""
        try:
            return self._model.forward(self._model.collate(batch))
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            if len(batch) == 1:
                raise ModelError(
                    f"a row of {len(batch[0])} tokens does not fit into memory; use a smaller model"
                ) from error
        return None
