"""The explain job: why a model decided as it did, document by document."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

from tokapp.documents import Json
from tokapp.jobs.context import Context
from tokapp.jobs.payload import ExplainForm, read
from tokapp.jobs.predict import default_model, project_of, register_model
from tokapp.store import JobRow, Store


def run(context: Context, job: JobRow) -> Mapping[str, Json]:
    """Explain the targets in each document and store the attributions.

    A second attempt goes over all documents again; equal seeds give equal attributions. The result holds `model`,
    `documents` and `attributions`, how many were stored.
    """
    from tokapp.explanations import explain

    form = read(ExplainForm, job.payload)
    context.report(message="loading the model")
    model = context.model(form.model or default_model(context.store, project_of(job)))
    register_model(context.store, model)
    targets = None if form.targets is None else [target.target() for target in form.targets]
    ids, stored = form.document_ids, 0
    if ids is None:
        ids = _first_predicted(context.store, project_of(job), model.name, form.limit)
    for number, (pk, document) in enumerate(context.store.load_documents(ids)):
        context.report(progress=number / len(ids), message=f"{number} of {len(ids)} documents")
        known = context.store.prediction(pk, model.name)
        for attribution in explain(model, document, targets, budget=form.budget, prediction=known):
            context.check()
            context.store.add_attribution(pk, attribution)
            stored += 1
    return {"model": model.name, "documents": len(ids), "attributions": stored}


def _first_predicted(store: Store, project_id: int, model: str, limit: int) -> list[int]:
    """The first documents in which the model marked something."""
    marked = (pk for pk, prediction in store.predictions(project_id, model) if prediction.spans)
    return list(islice(marked, limit))
