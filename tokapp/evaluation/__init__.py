"""How good, how sure, how different: pure functions over spans and probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokapp.documents import Document, Prediction
    from tokapp.tasks import Task

__all__ = ["score_predictions"]


def score_predictions(task: Task, documents: Sequence[Document], predictions: Sequence[Prediction]) -> dict[str, float]:
    """The figures of `tokapp.evaluation.report.measure`."""
    from tokapp.evaluation.report import measure

    return measure(predictions, documents, task)
