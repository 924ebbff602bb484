"""The predict job: a model over the documents of a project, stored as it goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from tokapp.documents import Json
from tokapp.errors import BadInput
from tokapp.jobs.context import Context
from tokapp.jobs.payload import PredictForm, read
from tokapp.store import JobRow, Store

if TYPE_CHECKING:
    from tokapp.models import TokenModel

_FIRST_CHUNK, _CHUNK = 32, 1024


def run(context: Context, job: JobRow) -> Mapping[str, Json]:
    """Predict what the model has not predicted yet; a second attempt goes on where the first one stopped.

    The result holds `model` and `documents`, how many were predicted.
    """
    form = read(PredictForm, job.payload)
    project_id = project_of(job)
    context.report(message="loading the model")
    model = context.model(form.model or default_model(context.store, project_id))
    known = register_model(context.store, model)
    ids = form.document_ids
    if ids is None:
        ids = context.store.unpredicted(project_id, known)
    count = predict_documents(context, model, project_id, ids)
    return {"model": known, "documents": count}


def predict_documents(
    context: Context, model: TokenModel, project_id: int, ids: Sequence[int], *, share: tuple[float, float] = (0.0, 1.0)
) -> int:
    """Predict and store documents chunk by chunk; progress runs through `share`. Raises JobCancelled, LeaseLost."""
    from tokapp.inference.engine import predict

    done, (low, high) = 0, share

    def report(in_chunk: int) -> None:
        part = (done + in_chunk) / max(len(ids), 1)
        context.report(progress=low + (high - low) * part, message=f"{done + in_chunk} of {len(ids)} documents")

    for chunk in _chunks(ids):
        pairs = context.store.load_documents(chunk)
        documents = [document for _, document in pairs]
        predictions = predict(model, documents, progress=report, cancelled=context.should_stop)
        context.check()
        rows = zip((pk for pk, _ in pairs), predictions, strict=True)
        context.store.add_predictions(project_id, model.name, rows)
        done += len(chunk)
        report(0)
    return done


def register_model(store: Store, model: TokenModel) -> str:
    """Make sure that the store knows a model; gives its name."""
    from tokapp.jobs.versions import is_built_in

    store.add_model(model.name, model.task.name, is_built_in=is_built_in(model.name))
    return model.name


def default_model(store: Store, project_id: int) -> str:
    """The promoted model of the project's task, else the built-in model of that name."""
    task = store.project(project_id).task.name
    promoted = store.promoted(task)
    return promoted.name if promoted is not None else task


def project_of(job: JobRow) -> int:
    """The project that a job is about; raises BadInput if there is none."""
    if job.project_id is None:
        raise BadInput(f"a {job.kind} job needs a project", where=f"job {job.id}")
    return job.project_id


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """A small first chunk, so that a page soon has something to show, then large ones."""
    yield from (part for part in (ids[:_FIRST_CHUNK],) if part)
    for start in range(_FIRST_CHUNK, len(ids), _CHUNK):
        yield ids[start : start + _CHUNK]
