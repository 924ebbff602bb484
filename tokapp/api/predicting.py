"""Predict and explain while somebody waits, and whether a model is ready for that."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from tokapp.api.limits import check_time
from tokapp.api.parts import Shared
from tokapp.api.records import DocumentRecord, ExplainedRecord, Name, PredictedRecord, TargetRecord
from tokapp.errors import JobCancelled
from tokapp.explanations import explain as explain_targets
from tokapp.explanations.export import explanation_record
from tokapp.formats.predictions import prediction_record

router = APIRouter(tags=["answers"])

_LEAST_BUDGET, MOST_BUDGET = 4, 100_000
WantedError = Annotated[
    float | None,
    Field(gt=0, le=1, description="Stop early when every estimate of the normalised squared error is at most this."),
]
ModelName = Annotated[Name | None, Field(description="A model version. Default: the one in use for the task.")]
TaskName = Annotated[Name | None, Field(description="A task, such as reviews, emails or rag.")]


class PredictForm(BaseModel):
    """Documents, and which model is asked: a `model`, or a `task` for the model in use."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"task": "reviews", "documents": [{"text": "Love the dark mode"}]}]}
    )
    model: ModelName = None
    task: TaskName = None
    documents: list[DocumentRecord] = Field(min_length=1)


class Predicted(BaseModel):
    """A record for each document, in order; equal `fingerprint`s give equal predictions."""

    model: str
    fingerprint: str
    precision: str = Field(description="What the model computes in.")
    documents: list[PredictedRecord]


class ExplainForm(BaseModel):
    """A document and the decisions to explain; without `targets` everything that is predicted in it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "task": "reviews",
                    "document": {"text": "The search bar crashes"},
                    "targets": [{"kind": "span", "label": "feature", "start": 4, "end": 14}],
                }
            ]
        }
    )
    model: ModelName = None
    task: TaskName = None
    document: DocumentRecord
    targets: list[TargetRecord] | None = Field(default=None, max_length=100)
    budget: int | None = Field(
        default=None,
        ge=_LEAST_BUDGET,
        le=MOST_BUDGET,
        description="Most masked forward passes. Default: as many as settle the answer.",
    )
    wanted_error: WantedError = None


class Ready(BaseModel):
    """The model that would be asked; `fingerprint` and `precision` are null until it is loaded."""

    model: str
    is_loaded: bool
    fingerprint: str | None = None
    precision: str | None = None


@router.post("/predict", response_model_exclude_unset=True)
def predict(form: PredictForm, parts: Shared) -> Predicted:
    """Mark spans in documents, and label them where the task has labels for whole texts."""
    until = parts.limits.until()
    with parts.gate.enter():
        parts.limits.check_amount(len(form.documents), sum(map(_length, form.documents)))
        model = parts.load(form.model, form.task)
        documents = [one.document(number, model.task.name) for number, one in enumerate(form.documents, 1)]
        try:
            found = parts.models.predict(model, documents, until=until)
        except JobCancelled as error:
            raise JobCancelled(_too_slow(parts.limits.answering, "fewer or shorter texts")) from error
    records = [prediction_record(*pair) for pair in zip(documents, found, strict=True)]
    return Predicted(
        model=model.name,
        fingerprint=model.fingerprint,
        precision=model.precision,
        documents=[PredictedRecord.model_validate(record) for record in records],
    )


@router.post("/explain", response_model_exclude_unset=True)
def explain(form: ExplainForm, parts: Shared) -> ExplainedRecord:
    """Say which words made the model decide so: Shapley values in log-odds, with their errors."""
    until = parts.limits.until()
    with parts.gate.enter():
        parts.limits.check_amount(1, _length(form.document))
        model = parts.load(form.model, form.task)
        document = form.document.document(1, model.task.name)
        targets = None if form.targets is None else [one.target() for one in form.targets]
        try:
            prediction = parts.models.predict(model, [document], until=until)[0]
            found = explain_targets(
                model,
                document,
                targets,
                budget=form.budget,
                wanted_error=form.wanted_error,
                prediction=prediction,
                progress=lambda _: check_time(until),
            )
        except JobCancelled as error:
            raise JobCancelled(_too_slow(parts.limits.answering, "a smaller budget or a shorter text")) from error
    return ExplainedRecord.model_validate(explanation_record(document, prediction, found))


@router.get("/ready", response_model_exclude_unset=True)
def ready(
    parts: Shared, task: Annotated[TaskName, Query()] = None, model: Annotated[ModelName, Query()] = None
) -> Ready:
    """Whether a model is loaded; if not, loading begins, and the next question finds it sooner."""
    name = parts.model_name(model, task)
    found = parts.models.find(name)
    if found is None:
        parts.models.load_soon(name)
        return Ready(model=name, is_loaded=False)
    parts.check_task(found, model, task)
    return Ready(model=name, is_loaded=True, fingerprint=found.fingerprint, precision=found.precision)


def _length(document: DocumentRecord) -> int:
    return len(document.text) + len(document.question or "") + sum(map(len, document.context))


def _too_slow(seconds: float, remedy: str) -> str:
    return f"This takes longer than {seconds:g} seconds: ask for {remedy}, or make a job with POST /v1/jobs."
