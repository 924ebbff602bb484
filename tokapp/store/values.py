"""Values that leave the store: plain frozen rows, never an open session or a table object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from tokapp.documents import Document, Json, Reason, Span
from tokapp.evaluation.splits import Split
from tokapp.tasks import Task

Status: TypeAlias = Literal["new", "started", "labelled", "skipped"]
JobState: TypeAlias = Literal["queued", "running", "done", "failed", "cancelled"]
JobKind: TypeAlias = Literal["predict", "explain", "rank", "train", "import", "export", "bulk", "judge", "curve"]
ModelState: TypeAlias = Literal["candidate", "promoted", "archived"]
Verb: TypeAlias = Literal[
    "add",
    "remove",
    "relabel",
    "move",
    "join",
    "accept",
    "reject",
    "set_label",
    "submit",
    "reopen",
    "skip",
    "undo",
    "redo",
    "import",
    "adjudicate",
    "restore",
    "mark_reasons",
    "clear_reasons",
]

Mark: TypeAlias = tuple[int, int, str]
"""What tells one decision from another: start, end and label of a span."""

WHOLE_TEXT: Mark = (0, 0, "")
"""Stands for the label of the whole text, which has no range."""

SHARED = ""
"""The layer of the labels that everybody shares; every other layer has the name of the person it belongs to."""


@dataclass(frozen=True, slots=True)
class Project:
    """A pile of documents of one task; `name` is unique."""

    id: int
    name: str
    task: Task
    created: datetime
    is_sample: bool = False


@dataclass(frozen=True, slots=True)
class ProjectSummary:
    """A project with its counts for the Home page."""

    project: Project
    documents: int
    labelled: int
    predicted: int
    last_training: datetime | None


@dataclass(frozen=True, slots=True)
class Added:
    """What an import did: counts, and the ids in the file that were already there."""

    added: int
    duplicates: int
    duplicate_ids: tuple[str, ...] = ()

    def __add__(self, other: Added) -> Added:
        """Both together."""
        ids = self.duplicate_ids + other.duplicate_ids
        return Added(self.added + other.added, self.duplicates + other.duplicates, ids)


LONGEST_EXPLAINED = 3000
"""Characters that count for the time an explanation takes: the model reads no more of a document at a time."""


@dataclass(frozen=True, slots=True)
class Amount:
    """How much there is to explain: documents, and the characters of their texts and passages.

    Of each document at most `LONGEST_EXPLAINED` characters count.
    """

    documents: int
    characters: int


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """Which documents: every field that is set must hold, and every word of `search` must be in the text or the id.

    `model` says whose predictions `label` and scores mean; `person` is somebody for whom the document still waits.
    """

    search: str = ""
    label: str | None = None
    status: Status | None = None
    source: str | None = None
    split: Split | None = None
    min_confidence: float | None = None
    max_confidence: float | None = None
    model: str | None = None
    person: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """One line of the document table; `confidence` is the lowest score of its spans and label, None if unpredicted.

    `spans` counts people's spans, `predicted` the model's; `label` is people's, else the model's.
    """

    id: int
    external_id: str
    preview: str
    status: Status
    source: str
    split: Split
    spans: int
    predicted: int
    confidence: float | None
    label: str | None
    updated: datetime


@dataclass(frozen=True, slots=True)
class Ranking:
    """An order of a project's documents: `documents` have a score, made with `model` (if it took one) at `created`."""

    name: str
    model: str | None
    documents: int
    created: datetime


@dataclass(frozen=True, slots=True)
class Order:
    """In which order documents come to be labelled.

    `name` is "oldest", "random", or that of a stored ranking (the highest score first). An active order leaves out
    held-out documents (validation and test); these are drawn at random instead, as every `1 / share`-th document, so
    that figures are never computed on documents that were picked. `is_review` takes labelled documents that nobody has
    touched since the ranking was made, instead of those that are left to label.
    """

    name: str = "oldest"
    is_active: bool = False
    is_review: bool = False
    share: float = 0.1


@dataclass(frozen=True, slots=True)
class Queued:
    """A document in the queue: its score in the order, and whether it was drawn at random from the held-out ones.

    `is_mine` says that it was given to the person whose queue it is.
    """

    document: DocumentRow
    score: float | None
    is_drawn: bool
    is_mine: bool = False


@dataclass(frozen=True, slots=True)
class Labelling:
    """A document as it is opened for labelling.

    `document.spans` and `document.label` are people's, derived from the events. `suggestions` are the spans of
    `model` that nobody has accepted, rejected or covered yet. `revision` is what an edit must name. `suggested_label`
    and `document_scores` are the model's for the whole document. In a `layer` of a person, "people" is that person.
    `ruled` are the spans of people's own versions that a reviewer has decided on, and `WHOLE_TEXT` for its label.
    """

    id: int
    project_id: int
    document: Document
    status: Status
    revision: int
    model: str | None
    suggestions: tuple[Span, ...]
    suggested_label: str | None
    document_scores: Mapping[str, float]
    can_undo: bool
    can_redo: bool
    split: Split = "train"
    layer: str = SHARED
    undo_steps: int = 0
    redo_steps: int = 0
    ruled: frozenset[Mark] = frozenset()


@dataclass(frozen=True, slots=True)
class Edit:
    """One action of a person. `spans` is what the verb is about: added, removed, accepted or rejected spans.

    `relabel` and `move` take the spans before, then the same number after. `join` takes a span and further pieces of
    it, which carry the group that all of them share then. `set_label` uses `label` (None clears). `submit`, `reopen`,
    `skip`, `undo` and `redo` need neither. `adjudicate` makes `spans` and `label` what people say, whatever stood
    there, and remembers which differences between people's versions are decided thereby (`ruled`); `restore` goes back
    to how everything was at `revision`. `mark_reasons` takes `reasons` in place of what was said about the same words
    and decisions, `clear_reasons` takes that away. `token` is made by the browser: the same token is recorded only
    once. `model` says whose suggestions the spans are (default: the project's).
    """

    verb: Verb
    spans: tuple[Span, ...] = ()
    label: str | None = None
    token: str = ""
    revision: int | None = None
    model: str | None = None
    ruled: tuple[Mark, ...] = ()
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """An annotation event as it was stored: who, when, what, before, after."""

    id: int
    document_id: int
    revision: int
    by: str
    at: datetime
    verb: Verb
    before: Json
    after: Json
    layer: str = SHARED


@dataclass(frozen=True, slots=True)
class Layer:
    """A person's own version of a project's labels: in how many documents it holds anything, how many are submitted."""

    name: str
    documents: int
    submitted: int


@dataclass(frozen=True, slots=True)
class Version:
    """A document as one person labelled it in their own layer."""

    person: str
    document_id: int
    document: Document
    status: Status


@dataclass(frozen=True, slots=True)
class Finished:
    """A person's own version of a document: the spans as they last left it labelled, at that moment.

    `is_blind` says that they labelled it in a layer of their own, without seeing what others marked.
    """

    document_id: int
    by: str
    spans: tuple[Span, ...]
    at: datetime
    is_blind: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A frozen training set: which labelled documents, in which split, as they were at that moment.

    `left_out` names the deleted labels that it does not hold.
    """

    id: int
    project_id: int
    created: datetime
    counts: Mapping[Split, int]
    digest: str
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A model version as the store knows it; the weights are a folder of the registry on disk."""

    name: str
    task: str
    state: ModelState
    parent: str | None
    snapshot_id: int | None
    project_id: int | None
    created: datetime
    is_built_in: bool
    metrics: Mapping[str, Json] = field(default_factory=dict)
    recipe: Mapping[str, Json] = field(default_factory=dict)

    @property
    def members(self) -> tuple[str, ...]:
        """The models that vote in it, by name; empty for a model of one network."""
        ensemble = self.recipe.get("ensemble")
        members = ensemble.get("members") if isinstance(ensemble, Mapping) else None
        return tuple(members) if isinstance(members, Mapping) else ()

    @property
    def is_ensemble(self) -> bool:
        """Whether several other models vote in it, so that it has no weights that training could go on from."""
        return bool(self.members)


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job as pages see it; `progress` runs from 0 to 1, `curves` holds points to plot, `log` the last lines.

    `is_stalled` says that the lease of a running job ran out: its worker died, and the next one takes the job over.
    """

    id: int
    kind: JobKind
    project_id: int | None
    state: JobState
    progress: float
    message: str
    payload: Mapping[str, Json]
    result: Mapping[str, Json]
    error: str
    log: tuple[str, ...]
    curves: tuple[Mapping[str, Json], ...]
    attempt: int
    max_attempts: int
    owner: str | None
    created: datetime
    started: datetime | None
    finished: datetime | None
    heartbeat: datetime | None
    cancel_requested: bool
    is_stalled: bool = False


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """A worker process: where it runs, on what device, when it was last heard of."""

    owner: str
    pid: int
    device: str
    seen: datetime
    is_alive: bool


@dataclass(frozen=True, slots=True)
class Activity:
    """One line of the activity feed: who did what, when, in which project."""

    at: datetime
    project: str
    text: str
    by: str
