"""Jobs: what takes long is done by a worker, one after the other, and survives everybody who asked for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal, cast, get_args

from fastapi import APIRouter, Body, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from tokapp.api.exchange import FAILURES_TOLD, FailedRow
from tokapp.api.parts import Parts, Shared
from tokapp.api.predicting import MOST_BUDGET, ModelName, WantedError
from tokapp.api.records import Name, TargetRecord
from tokapp.documents import Json
from tokapp.formats.failures import read_failures
from tokapp.jobs.payload import ExplainForm, PredictForm, TargetForm
from tokapp.settings import FAILURES
from tokapp.store import JobRow
from tokapp.store.values import JobKind, JobState

router = APIRouter(prefix="/jobs", tags=["jobs"])

_MOST_NAMED = 10_000
JobId = Annotated[int, Path(ge=1, le=2**31 - 1, description="A job's number.")]
Documents = Annotated[list[Name], Field(max_length=_MOST_NAMED, description="Ids of documents, as in their files.")]


class PredictJob(BaseModel):
    """Predict documents of a project and store what is found; all that the model has not predicted, by default."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"kind": "predict", "project": "Reviews"}]})
    kind: Literal["predict"]
    project: Name
    model: ModelName = None
    documents: Documents | None = None

    def payload(self, parts: Parts, project_id: int) -> Mapping[str, Json]:
        """What the worker is told; raises NotFound for a document or model that does not exist."""
        form = PredictForm(model=_version(parts, self.model), document_ids=_found(parts, project_id, self.documents))
        return _told(form)


class ExplainJob(BaseModel):
    """Explain documents of a project; by default the first `limit` in which the model marked something."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"kind": "explain", "project": "Reviews", "limit": 5}]})
    kind: Literal["explain"]
    project: Name
    model: ModelName = None
    documents: Documents | None = None
    limit: int = Field(default=5, ge=1, le=_MOST_NAMED)
    everything: bool = Field(default=False, description="All that the model decided about and that have no reasons.")
    targets: list[TargetRecord] | None = Field(default=None, max_length=100)
    budget: int | None = Field(default=None, ge=4, le=MOST_BUDGET)
    wanted_error: WantedError = None

    def payload(self, parts: Parts, project_id: int) -> Mapping[str, Json]:
        """What the worker is told; raises NotFound for a document or model that does not exist."""
        targets = None if self.targets is None else [TargetForm(**one.model_dump()) for one in self.targets]
        form = ExplainForm(
            model=_version(parts, self.model),
            document_ids=_found(parts, project_id, self.documents),
            limit=self.limit,
            everything=self.everything,
            targets=targets,
            budget=self.budget,
            wanted_error=self.wanted_error,
        )
        return _told(form)


def _told(form: BaseModel) -> Mapping[str, Json]:
    """Without what is as always, so that the job that a page asks for in the same words is the same one."""
    return cast(Mapping[str, Json], form.model_dump(exclude_defaults=True))


def _version(parts: Parts, model: str | None) -> str | None:
    return None if model is None else parts.model_name(model, None)


def _found(parts: Parts, project_id: int, documents: list[str] | None) -> list[int] | None:
    return None if documents is None else [parts.store.find_document(project_id, one) for one in documents]


class JobRecord(BaseModel):
    """A job: `progress` runs from 0 to 1, `result` is there when it is done, `error` says why it failed."""

    id: int
    kind: str = Field(examples=["predict"])
    project: str | None
    state: JobState
    progress: float
    message: str
    result: dict[str, JsonValue]
    error: str
    attempt: int
    cancel_requested: bool
    created: datetime
    started: datetime | None
    finished: datetime | None


class JobReport(JobRecord):
    """A job with the last lines of its log, and what an import could not take in."""

    log: list[str]
    failures: list[FailedRow] = Field(description=f"At most {FAILURES_TOLD} of them.")


@router.get("")
def list_jobs(
    parts: Shared,
    project: Annotated[Name | None, Query(description="Only those of this project.")] = None,
    kind: Annotated[
        JobKind | None, Query(description=f"Only those of this kind: {', '.join(get_args(JobKind))}.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="At most so many.")] = 20,
) -> list[JobRecord]:
    """Jobs, newest first."""
    project_id = None if project is None else parts.store.project(project).id
    names = {one.project.id: one.project.name for one in parts.store.projects()}
    rows = parts.store.jobs(project_id, kind, limit)
    return [JobRecord(**_fields(row, names.get(row.project_id or 0))) for row in rows]


@router.post("", status_code=202)
def create_job(
    form: Annotated[PredictJob | ExplainJob, Body(discriminator="kind")], parts: Shared, response: Response
) -> JobRecord:
    """Queue a job for the worker; the same job that still waits or runs is given back instead of a second one."""
    project = parts.store.project(form.project)
    row = parts.store.enqueue(form.kind, project_id=project.id, payload=form.payload(parts, project.id))
    response.headers["location"] = f"/v1/jobs/{row.id}"
    return JobRecord(**_fields(row, project.name))


@router.get("/{job_id}")
def show_job(job_id: JobId, parts: Shared) -> JobReport:
    """How far a job is, and what came of it."""
    row = parts.store.job(job_id)
    failures = read_failures(parts.settings.job_folder(row.id) / FAILURES, limit=FAILURES_TOLD)
    return JobReport(**_fields(row, _project(parts, row)), log=list(row.log), failures=[*map(FailedRow.of, failures)])


@router.post("/{job_id}/cancel")
def cancel_job(job_id: JobId, parts: Shared) -> JobRecord:
    """Cancel a job that waits, and ask one that runs to stop; one that has ended stays as it is."""
    row = parts.store.request_cancel(job_id)
    return JobRecord(**_fields(row, _project(parts, row)))


def _project(parts: Parts, row: JobRow) -> str | None:
    return None if row.project_id is None else parts.store.project(row.project_id).name


def _fields(row: JobRow, project: str | None) -> dict[str, object]:
    names = ("id", "kind", "state", "progress", "message", "result", "error", "attempt", "cancel_requested")
    moments = ("created", "started", "finished")
    return {"project": project, **{name: getattr(row, name) for name in (*names, *moments)}}
