"""The predict job: a model over the documents of a project, stored as it goes."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from tokapp.documents import Json
from tokapp.errors import BadInput
from tokapp.jobs.context import Context
from tokapp.jobs.payload import PredictForm, read
from tokapp.store import JobRow, Store
from tokapp.store.batches import batches

if TYPE_CHECKING:
    from tokapp.inference.portions import Portion, Scored
    from tokapp.models import Model

_FIRST, _PAGE = 32, 128


def run(context: Context, job: JobRow) -> Mapping[str, Json]:
    """Predict what the model has not predicted yet; a second attempt goes on where the first one stopped.

    The result holds `model`, `documents`, how many were predicted, and the `precision` that was computed in.
    """
    form = read(PredictForm, job.payload)
    project_id = project_of(job)
    context.report(message="loading the model")
    model = context.model(form.model or default_model(context.store, project_id))
    register_model(context.store, model)
    if form.document_ids is None:
        count = predict_rest(context, model, project_id)
    else:
        ids = _left(context.store, job, form.document_ids, model.name)
        count = predict_documents(context, model, project_id, ids, total=len(ids))
    return {"model": model.name, "documents": count, "precision": model.precision}


def _left(store: Store, job: JobRow, ids: Sequence[int], model: str) -> Sequence[int]:
    """Those of the documents that no earlier attempt of the job has predicted."""
    if job.attempt < 2:
        return ids
    done = store.predicted_since(ids, model, job.created)
    return [pk for pk in ids if pk not in done]


def predict_rest(context: Context, model: Model, project_id: int) -> int:
    """Predict and store what a model has not predicted yet; gives how many documents."""
    total = context.store.count_unpredicted(project_id, model.name)
    ids = context.store.iterate_unpredicted(project_id, model.name)
    return predict_documents(context, model, project_id, ids, total=total)


def predict_documents(
    context: Context,
    model: Model,
    project_id: int,
    ids: Iterable[int],
    *,
    total: int,
    share: tuple[float, float] = (0.0, 1.0),
) -> int:
    """Predict and store about `total` documents portion by portion; progress runs through `share`; gives how many.

    Raises JobCancelled, LeaseLost.
    """
    done, (low, high) = 0, share

    def report(in_portion: int) -> None:
        part = min((done + in_portion) / max(total, 1), 1.0)
        message = f"{done + in_portion:,} of {max(total, done):,} documents"
        context.report(progress=low + (high - low) * part, message=message)

    for portion, predictions in _score(context, model, ids, report):
        context.check()
        context.store.add_predictions(project_id, model.name, zip(portion.keys, predictions, strict=True))
        done += len(portion.documents)
        report(0)
    return done


def _score(context: Context, model: Model, ids: Iterable[int], report: Callable[[int], None]) -> Scored:
    """By this process, or by the cluster that the settings name; that one tells of whole portions only."""
    from tokapp.inference import cluster, portions

    settings = context.settings
    if settings.ray_address:
        source = _Stored(settings.database_url, array("q", ids))
        return cluster.score(source, cluster.Wanted(model.name, model.fingerprint, settings))
    pages = _portions(context.store, ids)
    return portions.score(model, pages, progress=report, cancelled=context.should_stop)


@dataclass(frozen=True, slots=True)
class _Stored:
    """Documents of a store by their ids, which are fixed: a cluster may ask for the same portions again."""

    url: str = field(repr=False)
    ids: Sequence[int] = field(repr=False)

    def __call__(self) -> Iterator[Portion]:
        store = Store(self.url)
        try:
            yield from _portions(store, self.ids)
        finally:
            store.close()


def _portions(store: Store, ids: Iterable[int]) -> Iterator[Portion]:
    """A small first portion, so that a page soon has something to show, then large ones."""
    from tokapp.inference.portions import cut

    pairs = (pair for page in batches(ids, _PAGE) for pair in store.load_documents(page))
    yield from cut(islice(pairs, _FIRST))
    yield from cut(pairs)


def register_model(store: Store, model: Model) -> str:
    """Make sure that the store knows a model; gives its name."""
    from tokapp.inference.ensembles import enter
    from tokapp.jobs.versions import is_built_in
    from tokapp.models import EnsembleModel

    if isinstance(model, EnsembleModel):
        enter(store, model)
    else:
        store.add_model(model.name, model.task.name, is_built_in=is_built_in(model.name))
    return model.name


def default_model(store: Store, project_id: int) -> str:
    """The promoted model of the project's task, else the built-in model of that name."""
    return model_in_use(store, store.project(project_id).task.name)


def model_in_use(store: Store, task: str) -> str:
    """The promoted model of a task, else the built-in model of that name."""
    promoted = store.promoted(task)
    return promoted.name if promoted is not None else task


def project_of(job: JobRow) -> int:
    """The project that a job is about; raises BadInput if there is none."""
    if job.project_id is None:
        raise BadInput(f"a {job.kind} job needs a project", where=f"job {job.id}")
    return job.project_id
