"""The rank job: scores of all documents for one order of the queue."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from tokapp.documents import Document, Json, Prediction
from tokapp.errors import BadInput
from tokapp.jobs import out_of_fold
from tokapp.jobs.context import Context
from tokapp.jobs.payload import RankForm, read
from tokapp.jobs.predict import default_model, predict_rest, project_of, register_model
from tokapp.ranking import clusters, find_ordering, label_errors, uncertainty
from tokapp.ranking.disagreement import disagreement, mean_disagreement, member_disagreement
from tokapp.ranking.shortcuts import shortcut_mass
from tokapp.store import DocumentFilter, Finished, JobRow

Scores: TypeAlias = Iterable[tuple[int, float]]

_CHUNK = 512
_WITHOUT_MODEL = ("people",)


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be scored: a project's documents, as `model` sees them (against `other` where two are compared)."""

    context: Context
    project_id: int
    model: str
    other: str | None

    def predictions(self) -> Iterator[tuple[int, Prediction]]:
        """What the model said, document by document; cancelled and reported as it goes."""
        total = max(self.context.store.count_documents(self.project_id), 1)
        for number, pair in enumerate(self.context.store.predictions(self.project_id, self.model)):
            if number % _CHUNK == 0:
                self.context.report(progress=number / total, message=f"{number} of {total} documents")
                self.context.check()
            yield pair


def run(context: Context, job: JobRow) -> Mapping[str, Json]:
    """Score the documents and store the order; a second attempt begins again, since half an order is none.

    The result holds `model` (if one was asked) and `documents`, how many were scored. Raises BadInput for an order
    without scores.
    """
    form = read(RankForm, job.payload)
    ordering = find_ordering(form.ordering)
    if not ordering.is_scored:
        raise BadInput(f"the order {ordering.title!r} needs no scores: choose it and begin", where=f"job {job.id}")
    project_id = project_of(job)
    model = form.model or default_model(context.store, project_id)
    scores = _SCORERS[ordering.name](Request(context, project_id, model, form.other))
    asked = None if ordering.name in _WITHOUT_MODEL else model
    made = context.store.save_ranking(project_id, ordering.name, scores, model=asked)
    return {"model": asked, "documents": made.documents}


def _margins(request: Request) -> Scores:
    return ((pk, uncertainty.margin(prediction)) for pk, prediction in request.predictions())


def _entropies(request: Request) -> Scores:
    return ((pk, uncertainty.entropy(prediction)) for pk, prediction in request.predictions())


def _shortcuts(request: Request) -> Scores:
    store = request.context.store
    for pk, _ in request.predictions():
        reasons = store.attributions(pk, request.model)
        if reasons:
            [(_, document)] = store.load_documents([pk])
            yield pk, shortcut_mass(document.text, reasons)


def _disagreements(request: Request) -> Scores:
    """How far two models are apart, or the members of one that is an ensemble where no other one was asked for."""
    store = request.context.store
    _complete(request, request.model)
    if request.other is None and store.model(request.model).is_ensemble:
        yield from ((pk, member_disagreement(prediction)) for pk, prediction in request.predictions())
        return
    other = request.other or _one_before(request)
    _complete(request, other)
    texts = store.iterate_documents(request.project_id)
    against = store.predictions(request.project_id, other)
    for (pk, prediction), (_, second), (_, document) in zip(request.predictions(), against, texts, strict=False):
        yield pk, disagreement(prediction, second, document.text)


def _people(request: Request) -> Scores:
    """How much people differ on each document that several of them finished; blind versions count where there are any.

    Raises BadInput if there is no such document.
    """
    store = request.context.store
    versions: dict[int, list[Finished]] = defaultdict(list)
    for one in store.finished_versions(request.project_id):
        versions[one.document_id].append(one)
    if not versions:
        raise BadInput("no document was finished by two people: give some to two people each, then compare them")
    for pk, document in store.load_documents(list(versions)):
        blind = [one.spans for one in versions[pk] if one.is_blind]
        shown = blind if len(blind) > 1 else [one.spans for one in versions[pk] if not one.is_blind]
        if len(shown) > 1:
            yield pk, mean_disagreement(shown, document.text)


def _one_before(request: Request) -> str:
    """The parent of the model, else the newest other model of the task; raises BadInput if there is none."""
    store = request.context.store
    task = store.project(request.project_id).task.name
    parent = store.model(request.model).parent
    others = [parent] if parent else [row.name for row in store.models(task) if row.name != request.model]
    if not others:
        raise BadInput("there is only one model for this task: train a second one, then compare them")
    return others[0]


def _complete(request: Request, name: str) -> None:
    """Predict what a model has not predicted yet."""
    context = request.context
    if context.store.count_unpredicted(request.project_id, name):
        model = context.model(name)
        register_model(context.store, model)
        predict_rest(context, model, request.project_id)


def _typical(request: Request) -> Scores:
    ids, embeddings = _embeddings(request)
    return zip(ids, clusters.typicality(embeddings), strict=True)


def _diverse(request: Request) -> Scores:
    ids, embeddings = _embeddings(request)
    return zip(ids, clusters.diversity(embeddings), strict=True)


def _embeddings(request: Request) -> tuple[list[int], clusters.Floats]:
    """Ids of all documents and their vectors [documents, width]."""
    from tokapp.inference.embedding import embed

    context = request.context
    context.report(message="loading the model")
    model, ids = context.model(request.model), context.store.document_ids(request.project_id)
    parts: list[clusters.Floats] = []
    for start in range(0, len(ids), _CHUNK):
        context.report(progress=start / len(ids), message=f"{start} of {len(ids)} documents")
        context.check()
        parts.append(
            embed(model, [document for _, document in context.store.load_documents(ids[start : start + _CHUNK])])
        )
    return ids, np.concatenate(parts) if parts else np.zeros((0, 1), np.float32)


def _label_errors(request: Request) -> Scores:
    store = request.context.store
    labelled = DocumentFilter(status="labelled")
    pairs: list[tuple[int, Document]] = list(store.iterate_documents(request.project_id, labelled))
    predictions = out_of_fold.predict(request.context, request.project_id, request.model, pairs)
    doubts = label_errors.label_doubts([(document, predictions[pk]) for pk, document in pairs])
    return [(pk, doubt) for (pk, _), doubt in zip(pairs, doubts, strict=True)]


_SCORERS: Mapping[str, Callable[[Request], Scores]] = {
    "margin": _margins,
    "entropy": _entropies,
    "shortcuts": _shortcuts,
    "disagreement": _disagreements,
    "people": _people,
    "typical": _typical,
    "diverse": _diverse,
    "label_errors": _label_errors,
}
