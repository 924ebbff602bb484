"""A judged document: what people marked, what a model marked, and what it can be told apart by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tokapp.documents import Document, Prediction, Span


@dataclass(frozen=True, slots=True)
class Case:
    """A document with people's labels and what a model says about it.

    `key` is what a page finds it by. `group` names the documents that belong together (an app, a thread, a passage):
    intervals and tests draw whole groups. `by` is who labelled it.
    """

    key: str
    document: Document
    prediction: Prediction
    group: str = ""
    source: str = ""
    by: str = ""

    @property
    def text(self) -> str:
        """The text, untouched."""
        return self.document.text

    @property
    def gold(self) -> tuple[Span, ...]:
        """People's spans."""
        return self.document.spans

    @property
    def predicted(self) -> tuple[Span, ...]:
        """The model's spans."""
        return self.prediction.spans


def groups_of(cases: Sequence[Case]) -> list[int]:
    """The number of each document's group, counted from 0 as they come; a document without one is a group itself."""
    numbers: dict[str, int] = {}
    return [
        numbers.setdefault(f"group {case.group}" if case.group else f"case {case.key}", len(numbers)) for case in cases
    ]
