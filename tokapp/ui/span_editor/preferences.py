"""How a person marks in the editor: their keys, what marks snap to, what the arrows go by. Kept for each person."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tokapp.documents import Json
from tokapp.errors import BadInput

UnitKind: TypeAlias = Literal["token", "pattern"]
"""Units that the browser does not know by itself: the model's tokens, and matches of the project's pattern."""

_Action: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z]{1,40}$")]
_Stroke: TypeAlias = Annotated[str, Field(min_length=1, max_length=40)]


@dataclass(frozen=True, slots=True)
class Preferences:
    """`keys` are strokes (`Ctrl+z`, `[`) by action, only those that differ from the usual ones."""

    keys: dict[str, list[str]] = field(default_factory=dict)
    step: Literal["word", "character", "token"] = "word"
    snap: Literal["off", "word", "token", "pattern"] = "word"
    ticks: bool = False

    def to_json(self) -> dict[str, Json]:
        """The JSON form; `read_preferences` gives the same back."""
        return asdict(self)

    @property
    def needs(self) -> tuple[UnitKind, ...]:
        """The units without which the editor cannot work as it is set up."""
        needs_tokens = "token" in (self.step, self.snap) or self.ticks
        return (*(("token",) if needs_tokens else ()), *(("pattern",) if self.snap == "pattern" else ()))


class _PreferencesForm(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    keys: dict[_Action, Annotated[list[_Stroke], Field(min_length=1, max_length=4)]] = Field(max_length=60)
    step: Literal["word", "character", "token"]
    snap: Literal["off", "word", "token", "pattern"]
    ticks: bool


class _RequestForm(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    doc: Annotated[int, Field(ge=0, lt=2**53)]
    kinds: Annotated[list[UnitKind], Field(max_length=2)]


def read_preferences(value: object) -> Preferences:
    """Preferences from what the browser sent or the store kept; raises BadInput on any other shape."""
    try:
        form = _PreferencesForm.model_validate(value)
    except ValidationError as error:
        raise BadInput("the editor sent settings that cannot be read. Reload the page.") from error
    return Preferences(form.keys, form.step, form.snap, form.ticks)


def read_request(value: object) -> tuple[int, tuple[UnitKind, ...]] | None:
    """The document and the units that the browser asks for, None if nothing was asked; raises BadInput."""
    if value is None:
        return None
    try:
        form = _RequestForm.model_validate(value)
    except ValidationError as error:
        raise BadInput("the editor asked for something unexpected. Reload the page.") from error
    return form.doc, tuple(dict.fromkeys(form.kinds))
