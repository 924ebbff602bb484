"""Reading a job's payload: what a page or the command line asked for, checked at the door of the worker."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tokapp.documents import Json, Kind, Players, Target
from tokapp.errors import BadInput
from tokapp.store.what_if import Without

_Form = TypeVar("_Form", bound=BaseModel)


class PredictForm(BaseModel):
    """`model`: a model's name (default: the task's); `document_ids`: which (default: all that it has not predicted)."""

    model_config = ConfigDict(extra="forbid")
    model: str | None = None
    document_ids: list[int] | None = None


class TargetForm(BaseModel):
    """A decision to explain."""

    model_config = ConfigDict(extra="forbid")
    kind: Kind
    label: str
    start: int = 0
    end: int = 0
    against: str = ""
    over: Players = "text"

    def target(self) -> Target:
        """The value behind the form."""
        return Target(**self.model_dump())


class ExplainForm(BaseModel):
    """`document_ids` names the documents; without it the first `limit` of the project that have predicted spans.

    `everything` instead takes all that the model decided something about and that have no reasons of it yet, and
    `decisions` names the targets of each document by its id.
    `targets` of null explains everything that is predicted; `budget` limits the evaluations per target,
    `wanted_error` stops earlier, see `tokapp.explanations.explain`.
    """

    model_config = ConfigDict(extra="forbid")
    model: str | None = None
    document_ids: list[int] | None = None
    limit: int = Field(default=5, ge=1)
    everything: bool = False
    targets: list[TargetForm] | None = None
    decisions: dict[int, list[TargetForm]] | None = None
    budget: int | None = None
    wanted_error: float | None = Field(default=None, gt=0, le=1)

    def targets_of(self, document_id: int) -> list[Target] | None:
        """What is to be explained of a document; None: everything that is predicted."""
        forms = self.targets if self.decisions is None else self.decisions.get(document_id, [])
        return None if forms is None else [form.target() for form in forms]


class JudgeForm(BaseModel):
    """`document_ids` names the documents; without it `limit` of the project. `budget` is as in `explain`.

    `reasons` says whose reasons in words are checked as well (null: none), in the `language` that they are given in.
    """

    model_config = ConfigDict(extra="forbid")
    model: str | None = None
    document_ids: list[int] | None = None
    limit: int = Field(default=20, ge=1, le=500)
    budget: int | None = Field(default=None, ge=4)
    reasons: Literal["note", "template", "llm"] | None = None
    language: str = Field(default="en", pattern=r"^[a-z]{2}$")


class RankForm(BaseModel):
    """`ordering` by its name; `model` whose view counts (default: the project's), `other` to compare it with."""

    model_config = ConfigDict(extra="forbid")
    ordering: str
    model: str | None = None
    other: str | None = None


class WithoutForm(BaseModel):
    """One of the two: whose work, or of which day."""

    model_config = ConfigDict(extra="forbid")
    person: str = ""
    day: date | None = None

    def value(self) -> Without:
        """The value behind the form; raises BadInput unless one of the two is named."""
        return Without(self.person, self.day)


class TrainForm(BaseModel):
    """`name` of the new version, `base` the version it goes on from, `recipe` as a recipe's JSON form.

    `snapshot_id` trains on a snapshot (default: a new one), `extra` names a file of further training documents,
    `reason` says why it started by itself (null: somebody pressed the button), `without` what a new snapshot leaves
    out to see what that is worth.
    """

    model_config = ConfigDict(extra="forbid")
    name: str
    base: str | None = None
    recipe: dict[str, object] = {}
    snapshot_id: int | None = None
    extra: str | None = None
    reason: str | None = None
    without: WithoutForm | None = None


class CurveForm(BaseModel):
    """`shares` of the labels to train on, `seeds` times each, from `base` (null: the built-in backbone)."""

    model_config = ConfigDict(extra="forbid")
    base: str | None = None
    shares: tuple[float, ...] = Field(default=(0.25, 0.5, 0.75, 1.0), min_length=1)
    seeds: int = Field(default=3, ge=1, le=20)
    mode: Literal["head", "lora"] = "head"
    epochs: int = Field(default=3, ge=1, le=50)
    snapshot_id: int | None = None


class BulkForm(BaseModel):
    """`bulk` names the action on many documents, `by` the person who does it; `turn` tells its rounds apart."""

    model_config = ConfigDict(extra="forbid")
    bulk: int
    by: str
    turn: int = 0


class UploadForm(BaseModel):
    """An uploaded file: its `name`, and how a person wants it to be read (null: as guessed)."""

    model_config = ConfigDict(extra="forbid")
    name: str
    mapping: dict[str, str | None] | None = None
    encoding: str | None = None
    delimiter: str | None = None


class ImportForm(BaseModel):
    """`folder` of the uploads, which holds the `files` under their places in the list: 0, 1 and so on."""

    model_config = ConfigDict(extra="forbid")
    folder: str = Field(pattern=r"^[0-9a-f]+$")
    files: list[UploadForm]


def read(form: type[_Form], payload: Mapping[str, Json]) -> _Form:
    """The payload as a form; raises BadInput naming the field that is wrong."""
    try:
        return form.model_validate(payload)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "payload"
        raise BadInput(f"{place} is wrong: {first['msg']}", where="job") from error
