"""The explain job: why a model decided as it did, document by document."""

from __future__ import annotations

from collections.abc import Mapping

from tokapp.documents import Json
from tokapp.jobs.context import Context
from tokapp.jobs.payload import ExplainForm, read
from tokapp.jobs.predict import default_model, project_of, register_model
from tokapp.store import JobRow


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
    stored = 0
    for number, (pk, document) in enumerate(context.store.load_documents(form.document_ids)):
        message = f"{number} of {len(form.document_ids)} documents"
        context.report(progress=number / len(form.document_ids), message=message)
        known = context.store.prediction(pk, model.name)
        for attribution in explain(model, document, targets, budget=form.budget, prediction=known):
            context.check()
            context.store.add_attribution(pk, attribution)
            stored += 1
    return {"model": model.name, "documents": len(form.document_ids), "attributions": stored}
