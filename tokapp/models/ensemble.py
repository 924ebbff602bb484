"""Several models that vote as one: the same surface as a model of one network."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NoReturn, TypeAlias

import torch

from tokapp.documents import Attribution, Document, Json, Prediction, Target
from tokapp.errors import BadInput, ModelUnavailable
from tokapp.models.config import Calibration, EnsembleConfig
from tokapp.models.token_model import TokenModel
from tokapp.settings import Precision
from tokapp.tasks import Task, task_to_json

if TYPE_CHECKING:
    from tokapp.inference.streaming.debounce import Mode, Rule


class EnsembleModel:
    """Loaded members, each with its own tokenizer, and how their votes are weighed; safe to use from several threads.

    `classes` are the token classes that are voted on. Members stand in the order of their fingerprints, whatever order
    they are given in, so that the same members give the same numbers to the last bit.
    """

    def __init__(
        self,
        name: str,
        task: Task,
        members: Sequence[TokenModel],
        config: EnsembleConfig,
        *,
        card: Mapping[str, Json] | None = None,
        metrics: Mapping[str, Json] | None = None,
    ) -> None:
        if len(members) != len(config.members):
            raise ValueError(f"the configuration names {len(config.members)} members, there are {len(members)}")
        pairs = sorted(zip(config.members, members, strict=True), key=lambda pair: pair[0].fingerprint)
        self.name, self.task, self.card, self.metrics = name, task, dict(card or {}), dict(metrics or {})
        self.members = tuple(member for _, member in pairs)
        self.config = config.model_copy(update={"members": tuple(named for named, _ in pairs)})

    @property
    def names(self) -> tuple[str, ...]:
        """What its members are loaded by."""
        return tuple(member.name for member in self.config.members)

    @property
    def classes(self) -> tuple[str, ...]:
        """Columns of `WordScores.probabilities`."""
        return self.config.classes

    @property
    def span_labels(self) -> tuple[str, ...]:
        """The labels that it can give to spans."""
        return labels_of(self.classes)

    @property
    def document_labels(self) -> tuple[str, ...]:
        """The labels that it gives probabilities to for the whole document."""
        return self.config.labels

    @property
    def device(self) -> torch.device:
        """Where its members stand."""
        return self.members[0].device

    @property
    def precision(self) -> Precision:
        """What its members compute in."""
        return self.members[0].precision

    @property
    def fingerprint(self) -> str:
        """SHA-256 over members, weights, calibration, task and precision: equal ones give equal predictions."""
        votes = self.config.model_dump(mode="json", exclude={"members"}) | {"weights": self.config.weights}
        parts = [*(member.fingerprint for member in self.members), votes, task_to_json(self.task)]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def predict(
        self,
        documents: Sequence[Document],
        batch_size: int | None = None,
        *,
        progress: Callable[[int], None] | None = None,
    ) -> list[Prediction]:
        """Predictions in the order of the documents; `progress` is called with the number of documents done."""
        from tokapp.inference.engine import predict

        return predict(self, documents, batch_size=batch_size, progress=progress)

    def stream(
        self,
        prompt: str | Sequence[int] | Document | None = None,
        *,
        window: int = 2,
        rule: Rule = "report",
        mode: Mode = "levels",
        lookahead: int = 2,
    ) -> NoReturn:
        """Raises ModelUnavailable: votes are on words of whole texts, and members end their tokens elsewhere."""
        raise ModelUnavailable(
            f"{self.name} is an ensemble, which judges whole texts: stream one of its members ({', '.join(self.names)})"
        )

    def explain(
        self, document: Document, targets: Sequence[Target] | None = None, budget: int | None = None
    ) -> list[Attribution]:
        """Why: Shapley values of the words in the game of the combined votes (None: everything that is predicted)."""
        from tokapp.explanations import explain

        return explain(self, document, targets, budget=budget)

    def recalibrate(self, calibration: Calibration) -> None:
        """Use other thresholds and temperatures from now on; the members keep theirs."""
        self.config = self.config.model_copy(update={"calibration": calibration})

    def __repr__(self) -> str:
        members = ", ".join(member.name for member in self.members)
        return f"EnsembleModel({self.name!r}, task={self.task.name!r}, members=[{members}], device={self.device})"


Model: TypeAlias = TokenModel | EnsembleModel
"""Whatever a model's name stands for."""


def labels_of(classes: Sequence[str]) -> tuple[str, ...]:
    """The span labels of token classes, in the order of their columns."""
    return tuple(dict.fromkeys(name[2:] for name in classes[1:]))


def finest_classes(members: Sequence[tuple[str, ...]], labels: Sequence[str]) -> tuple[str, ...]:
    """The token classes that members vote on: their own where all have the same ones, else the finest of them.

    That is, for each of the `labels`, B, I, E and S where some member has E, B and I where some member has B, else I.
    """
    if len(set(members)) == 1:
        return members[0]
    return ("O", *(f"{mark}-{name}" for name in labels for mark in _finest_marks(members, name)))


def _finest_marks(members: Sequence[tuple[str, ...]], label: str) -> str:
    for mark, marks in (("E", "BIES"), ("B", "BI")):
        if any(f"{mark}-{label}" in classes for classes in members):
            return marks
    return "I"


def check_members(members: Sequence[TokenModel]) -> None:
    """Raise BadInput naming two members that cannot vote on the same thing."""
    first = members[0]
    for member in members:
        if not member.config.classes:
            raise BadInput(
                f"{member.name} finds spans by what speaks for a document label, not word by word: it cannot vote"
            )
        if member.task.part != first.task.part:
            raise BadInput(
                f"{first.name} reads the {first.task.part} and {member.name} the {member.task.part} of a document: "
                "they cannot vote together"
            )
        if set(member.span_labels) != set(first.span_labels):
            raise BadInput(
                f"{first.name} marks {_listed(first.span_labels)} and {member.name} marks "
                f"{_listed(member.span_labels)}: only models with the same labels can vote together"
            )
        both = set(first.document_labels), set(member.document_labels)
        if all(both) and both[0] != both[1]:
            raise BadInput(
                f"{first.name} calls documents {_listed(first.document_labels)} and {member.name} calls them "
                f"{_listed(member.document_labels)}: only models with the same labels can vote together"
            )


def _listed(labels: Sequence[str]) -> str:
    return ", ".join(labels)
