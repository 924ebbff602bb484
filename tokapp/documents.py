"""The words everybody speaks: documents, spans, reasons, predictions, attributions.

Offsets are Unicode code points, half-open, into the untouched text: `text[start:end]` is the surface, always.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import shap

Offset: TypeAlias = tuple[int, int]
"""Start and end of a word in code points, end exclusive."""

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"


LONGEST_GROUP = 40
"""Characters that the name of a group of pieces may have."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A labelled piece of a text.

    `origin` is `person:<name>`, `model:<version>`, `rule:<name>` or empty (from a file). Pieces of one discontinuous
    span are spans that share a `group`; every other span has none. `agreement` has a span that several models voted
    for: the share of its characters that the models' own spans of its label cover, averaged over the models.
    """

    start: int
    end: int
    label: str
    score: float | None = field(default=None, compare=False)
    origin: str = field(default="", compare=False)
    group: str = ""
    agreement: float | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"a span needs 0 <= start < end, got [{self.start}, {self.end})")

    @property
    def key(self) -> tuple[int, int, str]:
        """What makes two spans the same decision: where and which label."""
        return self.start, self.end, self.label

    @property
    def identity(self) -> tuple[int, int, str, str]:
        """What makes two spans of a document the same one: two discontinuous spans may share a piece."""
        return self.start, self.end, self.label, self.group

    def overlaps(self, other: Span) -> bool:
        """Whether at least one character lies in both."""
        return self.start < other.end and other.start < self.end


def wholes(spans: Iterable[Span]) -> list[tuple[Span, ...]]:
    """Every span with all of its pieces, in reading order; most have one."""
    found: dict[tuple[int, int, str, str] | tuple[str, str], list[Span]] = {}
    for span in sorted(spans):
        found.setdefault((span.label, span.group) if span.group else span.identity, []).append(span)
    return [tuple(pieces) for pieces in found.values()]


@dataclass(frozen=True, slots=True)
class Reason:
    """What a person says of the words in [start, end): that they are evidence for a decision, or that they are none.

    The decision is `label` for the span at `span`, or for the whole document; without a label it is whatever is decided
    about the document. `by` is who said so, empty from a file.
    """

    start: int
    end: int
    label: str = ""
    is_evidence: bool = True
    span: Offset | None = None
    by: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        for start, end in ((self.start, self.end), *(() if self.span is None else (self.span,))):
            if not 0 <= start < end:
                raise ValueError(f"a reason needs 0 <= start < end, got [{start}, {end})")

    @property
    def decision(self) -> tuple[str, Offset | None]:
        """What it is a reason for."""
        return self.label, self.span

    @property
    def order(self) -> tuple[str, Offset, Offset, bool]:
        """Where it stands among others: by decision, then in reading order."""
        return self.label, self.span or (0, 0), (self.start, self.end), self.is_evidence


@dataclass(frozen=True, slots=True)
class Document:
    """One text with what people said about it so far; the text is kept as it came in.

    `spans`, `label` and `reasons` are people's (from a file or from the store). `is_reviewed` says that no further
    spans are missing: a reviewed document without spans is a negative example, an unreviewed one says nothing.
    """

    id: str
    text: str
    task: str = ""
    spans: tuple[Span, ...] = ()
    label: str | None = None
    question: str | None = None
    contexts: tuple[str, ...] = ()
    meta: Mapping[str, Json] = field(default_factory=dict)
    is_reviewed: bool = False
    reasons: tuple[Reason, ...] = ()

    @property
    def hash(self) -> str:
        """SHA-256 over text, question and contexts; equal documents have equal hashes."""
        return content_hash(self.text, self.question, self.contexts)

    @property
    def is_labelled(self) -> bool:
        """Whether it has a label of any kind: it was reviewed, or has spans, or a label as a whole."""
        return self.is_reviewed or bool(self.spans) or self.label is not None

    def surface(self, span: Span) -> str:
        """The characters of a span."""
        return self.text[span.start : span.end]


def content_hash(text: str, question: str | None = None, contexts: Sequence[str] = ()) -> str:
    """SHA-256 hex digest of the text as it came in, with question and contexts where there are any."""
    parts = [text] if question is None and not contexts else [text, question or "", *contexts]
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "big"))
        digest.update(encoded)
    return digest.hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class WordScores:
    """Probabilities of every label at every word of a text.

    `offsets` is int32 [words, 2], `probabilities` float32 [words, classes], `classes` the class names in column order
    ("O" first for span tasks; the document labels for tasks that have only these, where values are evidence shares).
    `disagreement` float32 [words] says how far the models that voted on a word are apart: 0 the same, 1 nothing shared.
    """

    offsets: NDArray[np.int32]
    probabilities: NDArray[np.float32]
    classes: tuple[str, ...]
    disagreement: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What one model version says about one document: spans, words behind them, document label probabilities."""

    document_id: str
    model: str
    spans: tuple[Span, ...]
    words: WordScores | None = None
    document_scores: Mapping[str, float] = field(default_factory=dict)

    @property
    def label(self) -> str | None:
        """The most probable document label, or None for a task without document labels."""
        return max(self.document_scores, key=lambda name: self.document_scores[name], default=None)


Kind: TypeAlias = Literal["span", "document", "start", "end", "cut"]
Players: TypeAlias = Literal["text", "sources"]

NOTHING = "O"
"""As what a label stands against: no label at all."""

TEXT = -1
"""As the part of a conversation in which a word lies: the text itself, which question and passages stand before."""


@dataclass(frozen=True, slots=True)
class Target:
    """A decision to explain.

    `span`: is [start, end) a `label`. `start`, `end`: does the span [start, end) of that label begin, or end, where it
    does. `cut`: did the risk `label` (several: with "+") cut a stream at the token [start, end). `document`: is it
    `label` as a whole. `against` is another label of the model or NOTHING; empty: everything else together. `over` says
    whose words are the reasons: the text's own (of a cut: all of the conversation so far), or those of its `sources`,
    which are question and passages.
    """

    kind: Kind
    label: str
    start: int = 0
    end: int = 0
    against: str = ""
    over: Players = "text"

    @classmethod
    def of_span(cls, span: Span) -> Target:
        """The decision behind a span."""
        return cls("span", span.label, span.start, span.end)

    @property
    def has_place(self) -> bool:
        """Whether it is about a piece of the text, [start, end)."""
        return self.kind != "document"


@dataclass(frozen=True, slots=True)
class Attribution:
    """Shapley values of the words of a document for one decision, in log-odds.

    Words lie in the text, or where `parts` has a number for each of them in the question (0), the passage of that
    number (from 1) or the text itself (-1).
    `words`, `values` and `errors` run in reading order; `errors` are split-half estimates of one standard error.
    `base_value + sum(values) == output_value`. `evaluations` counts masked forward passes; `exact` says that all
    coalitions were enumerated. Other methods of `tokapp.explanations.METHODS` estimate errors in their own way or not
    at all (zeros); values of leave-one-out have no fixed sum, those of integrated gradients miss it by a little.
    """

    document_id: str
    model: str
    target: Target
    words: tuple[Offset, ...]
    texts: tuple[str, ...]
    values: tuple[float, ...]
    errors: tuple[float, ...]
    base_value: float
    output_value: float
    evaluations: int
    exact: bool = False
    seed: int = 0
    method: str = "odd-regression"
    parts: tuple[int, ...] = ()

    def to_shap(self) -> shap.Explanation:
        """The same numbers as a `shap.Explanation` [words], for shap's own plots."""
        import shap

        return shap.Explanation(
            values=np.asarray(self.values),
            base_values=self.base_value,
            data=np.asarray(self.texts, dtype=object),
            feature_names=list(self.texts),
            error_std=np.asarray(self.errors),
        )
