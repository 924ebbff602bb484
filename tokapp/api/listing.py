"""What there is: model versions and projects."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, JsonValue

from tokapp.api.parts import Shared
from tokapp.api.records import Name
from tokapp.store.values import ModelRow, ModelState, ProjectSummary

router = APIRouter(tags=["lists"])


class ModelRecord(BaseModel):
    """A model version with its figures; one version of a task is `promoted`, which is the one in use."""

    name: str = Field(examples=["reviews"])
    task: str
    state: ModelState
    parent: str | None
    is_built_in: bool
    created: datetime
    metrics: dict[str, JsonValue]


class ProjectRecord(BaseModel):
    """A project with how many documents it has, and how many of them are labelled and predicted."""

    name: str
    task: str
    span_labels: list[str]
    document_labels: list[str]
    documents: int
    labelled: int
    predicted: int


@router.get("/models")
def models(
    parts: Shared, task: Annotated[Name | None, Query(description="Only those of this task.")] = None
) -> list[ModelRecord]:
    """Model versions, newest first."""
    return [_model(row) for row in parts.store.models(task)]


@router.get("/projects")
def projects(parts: Shared) -> list[ProjectRecord]:
    """Projects, by name."""
    return [_project(one) for one in parts.store.projects()]


def _model(row: ModelRow) -> ModelRecord:
    names = ("name", "task", "state", "parent", "is_built_in", "created")
    return ModelRecord(**{name: getattr(row, name) for name in names}, metrics=dict(row.metrics))


def _project(summary: ProjectSummary) -> ProjectRecord:
    task = summary.project.task
    return ProjectRecord(
        name=summary.project.name,
        task=task.name,
        span_labels=list(task.span_names),
        document_labels=list(task.document_names),
        documents=summary.documents,
        labelled=summary.labelled,
        predicted=summary.predicted,
    )
