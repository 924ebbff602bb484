"""The explain job: why a model decided as it did, document by document."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from tokapp.documents import Json
from tokapp.errors import BadInput
from tokapp.jobs.context import Context
from tokapp.jobs.payload import ExplainForm, read
from tokapp.jobs.predict import default_model, project_of, register_model
from tokapp.store import JobRow, Store
from tokapp.store.values import LONGEST_EXPLAINED

if TYPE_CHECKING:
    from tokapp.documents import Attribution, Document, Target
    from tokapp.models import Model


def run(context: Context, job: JobRow) -> Mapping[str, Json]:
    """Explain the targets in each document and store its attributions, of one document all or none.

    A second attempt goes on where the first one stopped. Between two documents the job stands back for any job of
    another kind that waits: this one may take hours, and nobody waits for all of it. The result holds `model`,
    `documents`, `attributions` (how many were stored) and `speed`: seconds per character (as in `Amount`), null if no
    text was long enough to measure it.
    """
    form = read(ExplainForm, job.payload)
    context.report(message="loading the model")
    model = context.model(form.model or default_model(context.store, project_of(job)))
    register_model(context.store, model)
    ids = _chosen(context.store, job, form, model.name)
    work = _Work(context, model, form)
    done = _Done(context.folder / "explained")
    for number, pk in enumerate(ids):
        if pk not in done.ids:
            context.give_way()
            work.explain(pk, _reporter(context, number, len(ids)))
            done.add(pk)
    return {"model": model.name, "documents": len(ids), "attributions": work.stored, "speed": work.speed}


class _Done:
    """The documents that this job or an earlier attempt has explained, in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.ids = {int(line) for line in file.read_text("utf-8").split()} if file.exists() else set[int]()

    def add(self, pk: int) -> None:
        """Remember a document."""
        with self._file.open("a", encoding="utf-8") as stream:
            stream.write(f"{pk}\n")


@dataclass(slots=True)
class _Work:
    """What a job does to each document, and how much it has done."""

    context: Context
    model: Model
    form: ExplainForm
    stored: int = 0
    characters: int = 0
    seconds: float = 0.0

    @property
    def speed(self) -> float | None:
        """Seconds per character; None before anything was measured."""
        return self.seconds / self.characters if self.characters else None

    def explain(self, pk: int, report: Callable[[float], None]) -> None:
        """Explain one document and store it; one that is gone by now is passed over."""
        report(0.0)
        for _, document in self.context.store.load_documents([pk]):
            started = time.monotonic()
            found = self._explain(pk, document, report)
            self.context.check()
            self.context.store.add_attributions(pk, found)
            self.stored += len(found)
            self._measure(document, found, time.monotonic() - started)

    def _explain(self, pk: int, document: Document, report: Callable[[float], None]) -> list[Attribution]:
        from tokapp.explanations import Explainer

        known, targets = self.context.store.prediction(pk, self.model.name), self.form.targets_of(pk)
        if self.form.decisions is not None:  # such as another model made: this one may not have the label
            targets = [one for one in targets or () if _can_decide(self.model, document, one)]
        return Explainer(self.model, document).explain(
            targets,
            budget=self.form.budget,
            wanted_error=self.form.wanted_error,
            prediction=known,
            progress=report,
        )

    def _measure(self, document: Document, found: Sequence[Attribution], seconds: float) -> None:
        """Texts of a few words, of which every combination is tried, say nothing about what others take."""
        if found and not all(one.exact for one in found):
            length = len(document.text) + sum(map(len, document.contexts))
            self.characters += min(length, LONGEST_EXPLAINED)
            self.seconds += seconds


def _can_decide(model: Model, document: Document, target: Target) -> bool:
    from tokapp.explanations.targets import check_target

    try:
        check_target(model, document, target)
    except BadInput:
        return False
    return True


def _chosen(store: Store, job: JobRow, form: ExplainForm, model: str) -> Sequence[int]:
    if form.decisions is not None:
        return list(form.decisions)
    if form.document_ids is not None:
        return form.document_ids
    if form.everything:
        return store.unexplained(project_of(job), model)
    return _first_predicted(store, project_of(job), model, form.limit)


def _reporter(context: Context, number: int, total: int) -> Callable[[float], None]:
    """Tells how far the job is from how far it is with one document; raises JobCancelled, LeaseLost."""
    message = f"{number:,} of {total:,} documents"
    return lambda part: context.report(progress=(number + part) / total, message=message)


def _first_predicted(store: Store, project_id: int, model: str, limit: int) -> list[int]:
    """The first documents in which the model marked something."""
    marked = (pk for pk, prediction in store.predictions(project_id, model) if prediction.spans)
    return list(islice(marked, limit))
