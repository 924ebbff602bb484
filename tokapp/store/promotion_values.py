"""Values about which model is in use, and why: golden sets, what the gate says, promotions, rules of a project."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tokapp.documents import Json
from tokapp.evaluation.gate import Gate


@dataclass(frozen=True, slots=True)
class GoldenSet:
    """Documents that every new model is judged on, with their labels as they were when it was frozen.

    It is not about planted checks or about what people hand in as gold: models alone are measured with it.
    """

    id: int
    project_id: int
    documents: int
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the golden set of a project says about a candidate beside the model in use.

    `gate` is None while one of the two has not read all of the set; `unread` holds them, with how many are missing.
    """

    project_id: int
    project: str
    golden: GoldenSet
    before: str
    after: str
    gate: Gate | None
    unread: tuple[tuple[str, int], ...] = ()

    @property
    def is_passed(self) -> bool:
        """Whether the candidate was measured and no label loses more than it may."""
        return self.gate is not None and self.gate.is_passed


@dataclass(frozen=True, slots=True)
class Promotion:
    """That a model came into use or was put away: by whom, when, and why where the gate had not let it through."""

    model: str
    verb: str
    by: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """What somebody chose under a name for a project."""

    value: Json
    by: str
    at: datetime
