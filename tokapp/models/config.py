"""What a network is made of, as a record that is saved beside its weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tokapp.settings import Reducer
from tokapp.tasks import Task

BUILT_IN = "built-in"
"""Name of the backbone that comes with tokapp as package data."""

LONGEST_ROW = 65536
"""Tokens beyond which texts are read in windows in any case."""

Storage: TypeAlias = Literal["adapter", "full"]


Scheme: TypeAlias = Literal["bio", "bioes", "io"]
Mean: TypeAlias = Literal["arithmetic", "geometric"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Lora(_Frozen):
    """A low-rank adapter on every linear layer of the backbone (Hu et al. 2022)."""

    rank: int = Field(default=16, ge=1, le=512)
    alpha: int = Field(default=32, ge=1)
    dropout: float = Field(default=0.0, ge=0, lt=1)


class Bottleneck(_Frozen):
    """An adapter behind every block of the backbone, `reduction` times narrower in the middle (Houlsby et al. 2019)."""

    reduction: int = Field(default=16, ge=1, le=4096)
    activation: Literal["relu", "gelu"] = "relu"


class Shape(_Frozen):
    """How a network for a task is built; part of every recipe.

    `scheme` "bio" tells neighbouring spans of one label apart, "bioes" learns where spans end as well (Ratinov and Roth
    2009, section 5, there BILOU), "io" merges neighbours and needs fewer examples.
    `spans` says where spans come from: "tokens" (a token head), or "evidence" (words that speak for the winning
    document label in an additive document head). `document` says where document probabilities come from: "head"
    (additive attention pooling), "spans" (the last label has the highest word probability of any span label, the
    first label has the rest; for tasks with two document labels), or "none". None: "head" if the task has document
    labels, else "none". `features` names a function of `tokapp.models.features` that gives numbers per word;
    `hidden` puts one layer of that width (0: none) between backbone and token classes. `layers` is how many of the
    backbone's layers are used, from the first (None: all). `smoothing` is the share of a word's class logits that is
    their mean over its sentence in prediction (0: every word speaks for itself, as it always does in training).
    `max_length` is the longest row in tokens, never more than the backbone has positions for; longer texts are read in
    overlapping windows. Where question, passages and answer are longer than that, the passages are packed into several
    rows with the whole answer each; a word is then as probably inside of a span as in the row that says most ("max":
    marked beside any passages, as LettuceDetect has it) or least ("min": marked beside all of them) by `reducer`.
    """

    scheme: Scheme = "bio"
    spans: Literal["tokens", "evidence"] = "tokens"
    document: Literal["none", "head", "spans"] | None = None
    features: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]*$")
    hidden: int = Field(default=0, ge=0, le=4096)
    layers: int | None = Field(default=None, ge=1)
    smoothing: float = Field(default=0.0, ge=0, le=1)
    dropout: float = Field(default=0.1, ge=0, lt=1)
    max_length: int = Field(default=512, ge=16, le=LONGEST_ROW)
    reducer: Reducer = "max"


class Calibration(_Frozen):
    """How raw scores become decisions; every default changes nothing.

    `temperature` divides token logits, `document_temperature` document logits. `thresholds` holds, per span label,
    the probability from which a word counts as inside (0.5: the more probable side wins). `evidence` is the share of
    the strongest word's evidence from which a word belongs to an evidence span. Spans of fewer than `least_words`
    words are left out.
    """

    temperature: float = Field(default=1.0, gt=0)
    document_temperature: float = Field(default=1.0, gt=0)
    thresholds: Mapping[str, float] = Field(default_factory=dict)
    evidence: float = Field(default=0.25, gt=0, le=1)
    least_words: int = Field(default=1, ge=1)


class NetworkConfig(_Frozen):
    """A network: its backbone, its shape for a task, and what has been put on it.

    `classes` are the token classes in column order ("O" first), empty when spans come from evidence; `labels` the
    document labels in column order, empty without a document head. `feature_width` is the number of features a word
    has. `backbone_hash` is the SHA-256 of the backbone's weights, so that another backbone of that name is refused.
    """

    backbone: str = BUILT_IN
    backbone_hash: str = ""
    shape: Shape = Shape()
    classes: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    feature_width: int = 0
    lora: Lora | None = None
    bottleneck: Bottleneck | None = None
    storage: Storage = "adapter"
    calibration: Calibration = Calibration()

    @model_validator(mode="after")
    def _decides_something(self) -> Self:
        if not self.classes and not self.labels:
            raise ValueError("a network needs token classes, document labels, or both")
        return self


class Member(_Frozen):
    """A model that votes in an ensemble: by what name it is loaded, its fingerprint in float32, and its weight."""

    name: str = Field(min_length=1)
    fingerprint: str = Field(pattern=r"^[0-9a-f]{64}$")
    weight: float = Field(ge=0, le=1)


class EnsembleConfig(_Frozen):
    """Several models that vote: who they are, how their probabilities are averaged, and how that becomes decisions.

    `classes` are the token classes that are voted on ("O" first), `labels` the document labels, empty where not every
    member has them. `mean` is the weighted "arithmetic" mean of the words' probabilities or their normalised
    "geometric" one; document probabilities are averaged arithmetically in either case.
    """

    members: tuple[Member, ...] = Field(min_length=2)
    classes: tuple[str, ...] = Field(min_length=2)
    labels: tuple[str, ...] = ()
    mean: Mean = "arithmetic"
    calibration: Calibration = Calibration()

    @model_validator(mode="after")
    def _weighs_everything_once(self) -> Self:
        total = sum(member.weight for member in self.members)
        if abs(total - 1) > 1e-6:
            raise ValueError(f"the weights of an ensemble sum to 1, these to {total:.6f}")
        return self

    @property
    def weights(self) -> tuple[float, ...]:
        """The members' weights in their order."""
        return tuple(member.weight for member in self.members)


def token_classes(task: Task, scheme: Scheme) -> tuple[str, ...]:
    """Token classes of a task: "O", then for every span label x one class for each letter of the scheme but O."""
    marks = [mark for mark in scheme.upper() if mark != "O"]
    return ("O", *(f"{mark}-{name}" for name in task.span_names for mark in marks))


def config_for(task: Task, shape: Shape, *, backbone: str = BUILT_IN, feature_width: int = 0) -> NetworkConfig:
    """The configuration of a fresh network for a task; `shape.document` None is settled here."""
    document = shape.document or ("head" if task.document_labels else "none")
    shape = shape.model_copy(update={"document": document})
    return NetworkConfig(
        backbone=backbone,
        shape=shape,
        classes=token_classes(task, shape.scheme) if shape.spans == "tokens" and task.span_labels else (),
        labels=task.document_names if document == "head" else (),
        feature_width=feature_width,
    )
