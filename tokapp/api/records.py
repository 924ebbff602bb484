"""The JSONL record of the README as it goes in and comes out."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from tokapp.documents import Document, Players
from tokapp.jobs.payload import TargetForm

_LONGEST = 2**31 - 1


def _whole(text: str) -> str:
    """Refuse lone surrogates, which no database, file or screen can hold."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(f"character {error.start + 1} is half of a pair: write the whole character") from error
    return text


def _sound(meta: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Refuse what JSON, a database and a file cannot hold."""
    _whole(json.dumps(meta, ensure_ascii=False, allow_nan=False))
    return meta


Offset = Annotated[int, Field(ge=0, le=_LONGEST)]
Score = Annotated[float, Field(allow_inf_nan=False)]
Meta = Annotated[dict[str, JsonValue], AfterValidator(_sound)]
Plain = Annotated[str, AfterValidator(_whole)]
Text = Annotated[Plain, Field(min_length=1, pattern=r"\S", description="The text as it is: nothing of it is changed.")]
Name = Annotated[Plain, Field(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]


class SpanRecord(BaseModel):
    """A marked piece: `text[start:end]`, in code points."""

    start: Offset
    end: Offset
    label: str
    score: Score | None = Field(default=None, description="How sure the model is, from 0 to 1.")
    agreement: Score | None = Field(default=None, description="How far the members of an ensemble mark it alike.")
    group: str = Field(default="", description="Shared by the pieces of one span.")


class DocumentRecord(BaseModel):
    """A document as it goes in. Other fields of a record (`spans`, `label`, `status`) are not looked at."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"id": "r1", "text": "Love the dark mode"}]}, allow_inf_nan=False
    )
    id: Name | None = Field(default=None, description="Comes back with the answer; text-1, text-2, ... by default.")
    text: Text
    question: Plain | None = Field(default=None, description="What was asked, where the text is an answer.")
    context: Plain | list[Plain] = Field(default=[], description="Passages that the answer must be backed by.")
    meta: Meta = Field(default={}, description="Anything else; comes back with the answer.")

    def document(self, number: int, task: str) -> Document:
        """The value behind the record, as the `number`th of a request."""
        contexts = (self.context,) if isinstance(self.context, str) else tuple(self.context)
        return Document(
            self.id or f"text-{number}", self.text, task, question=self.question, contexts=contexts, meta=self.meta
        )


class PredictedRecord(BaseModel):
    """A document with what a model marked in it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "r1",
                    "text": "Love the dark mode",
                    "spans": [{"start": 9, "end": 18, "label": "feature", "score": 0.93}],
                    "meta": {},
                    "model": "reviews",
                }
            ]
        }
    )
    id: str
    text: str
    spans: list[SpanRecord]
    context: str | list[str] | None = None
    question: str | None = None
    label: str | None = Field(default=None, description="The likeliest label of the whole text, where a task has any.")
    label_scores: dict[str, Score] | None = Field(default=None, description="The probability of each such label.")
    meta: dict[str, JsonValue]
    model: str


class TargetRecord(TargetForm):
    """A decision about a piece [start, end) of the text, or about the document.

    `span`: is it a `label`; `start`, `end`: does it begin, or end, there; `cut`: was the stream cut at that token;
    `document`: does the document have `label`.
    """

    model_config = ConfigDict(extra="ignore")
    label: Name
    start: Offset = 0
    end: Offset = 0
    against: Name | Literal[""] = Field(default="", description="Another label, or O for none. Default: all others.")
    over: Players = Field(default="text", description="Whose words are the reasons: the text's, or its sources'.")


class WordRecord(BaseModel):
    """How much one word spoke for a decision, in log-odds; `error` is one standard error of it."""

    start: Offset
    end: Offset
    text: str
    value: Score
    error: Score
    part: int | None = Field(default=None, description="Where not the text: 0 the question, else that passage.")


class AttributionRecord(BaseModel):
    """Shapley values of the words for one decision: `base_value` and the values together are `output_value`."""

    target: TargetRecord
    words: list[WordRecord]
    base_value: Score
    output_value: Score
    evaluations: int = Field(description="Masked forward passes behind the values.")
    exact: bool = Field(description="Whether every combination of words was tried.")
    model: str
    seed: int


class ExplainedRecord(PredictedRecord):
    """A predicted document with the reasons of the decisions in it."""

    attributions: list[AttributionRecord]
