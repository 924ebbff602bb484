"""The judge job: how good a model's explanations are on some documents, and whether reasons in words match them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tokapp.documents import Document, Json
from tokapp.explanations.judging.judged import JudgedDocument, read_judged, write_judged
from tokapp.explanations.judging.self_consistency import check_reasons, score_reasons
from tokapp.explanations.wording.speakers import Speaker, by_chat, by_note, by_template
from tokapp.explanations.wording.template import lexicons_of
from tokapp.jobs.context import Context
from tokapp.jobs.payload import JudgeForm, read
from tokapp.jobs.predict import default_model, project_of, register_model
from tokapp.settings import JUDGED
from tokapp.store import DocumentFilter, JobRow, Store

if TYPE_CHECKING:
    from tokapp.models import Model

_LOOKED_AT = 4
"""How many documents are looked at for each that is judged, to find those in which the model decides something."""
_MOST_LABELLED = 2_000
"""Labelled documents whose marked words the template knows."""


def run(context: Context, job: JobRow) -> Mapping[str, Json]:
    """Judge the explanations of some documents; a second attempt goes on with the documents that are left.

    The result holds `model`, `documents` (how many were looked at), `judgement` (its record) and, where reasons in
    words were asked for, their `scores`. Each document's own findings are lines of JUDGED in the job's folder.
    Raises BadInput where the model decides nothing, and ReasonUnavailable where a language model gives no reason.
    """
    from tokapp.explanations.judging import summarise

    form = read(JudgeForm, job.payload)
    context.report(message="loading the model")
    plan = _settle(context, job, form)
    model = context.model(plan.model)
    register_model(context.store, model)
    speaker = None if form.reasons is None else _speaker(context, job, form, model)
    file = context.folder / JUDGED
    _cut_torn_line(file)
    done = {one.pk: one for one in read_judged(file)}
    for number, pk in enumerate(plan.ids):
        context.report(progress=number / len(plan.ids), message=f"{number:,} of {len(plan.ids):,} documents")
        for _, document in context.store.load_documents([] if pk in done else [pk]):
            context.give_way()
            done[pk] = _judge(context, model, form, speaker, pk, document)
            with file.open("ab") as stream:
                stream.write(write_judged(done[pk]))
    found = [done[pk] for pk in plan.ids if pk in done]
    judgement = summarise([one.ledger for one in found], model_name=model.name)
    scores = score_reasons([reason for one in found for reason in one.reasons])
    return {
        "model": model.name,
        "documents": len(found),
        "judgement": judgement.to_record(),
        "reasons": form.reasons,
        "scores": None if speaker is None else asdict(scores),
    }


def _cut_torn_line(file: Path) -> None:
    """Take away what a worker that was killed left half written."""
    if file.exists():
        written = file.read_bytes()
        with file.open("r+b") as stream:
            stream.truncate(written.rfind(b"\n") + 1)


def _judge(
    context: Context, model: Model, form: JudgeForm, speaker: Speaker | None, pk: int, document: Document
) -> JudgedDocument:
    from tokapp.explanations.judging import judge_document

    ledger = judge_document(model, document, budget=form.budget, check=context.check)
    reasons = (
        [] if speaker is None else check_reasons(model, document, speaker, budget=form.budget, check=context.check)
    )
    return JudgedDocument(pk, ledger, reasons)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the first attempt settled and every further attempt keeps."""

    model: str
    ids: Sequence[int]


def _settle(context: Context, job: JobRow, form: JudgeForm) -> _Plan:
    file = context.folder / "plan.json"
    if file.exists():
        return _Plan(**json.loads(file.read_text("utf-8")))
    store, project_id = context.store, project_of(job)
    model = form.model or default_model(store, project_id)
    plan = _Plan(model, form.document_ids or _chosen(store, project_id, model, form))
    temporary = file.with_suffix(".part")
    temporary.write_text(json.dumps(asdict(plan)), "utf-8")
    temporary.replace(file)
    return plan


def _chosen(store: Store, project_id: int, model: str, form: JudgeForm) -> list[int]:
    """Documents from all over the project, those in which the model is known to decide something first.

    People's notes are only on the documents that they commented on, which come before all others.
    """
    noted = store.commented(project_id)[: form.limit] if form.reasons == "note" else []
    spread = _spread(store.document_ids(project_id), _LOOKED_AT * form.limit)
    decided = [pk for pk in spread if (one := store.prediction(pk, model)) and (one.spans or one.label)]
    return list(dict.fromkeys([*noted, *_spread(decided, form.limit), *decided, *spread]))[: form.limit]


def _spread(ids: Sequence[int], count: int) -> list[int]:
    """At most `count` of the ids, at even distances."""
    return [ids[place * len(ids) // count] for place in range(count)] if len(ids) > count else list(ids)


def _speaker(context: Context, job: JobRow, form: JudgeForm, model: Model) -> Speaker:
    store = context.store
    if form.reasons == "note":
        pks = {document.id: pk for pk, document in store.load_documents(store.commented(project_of(job)))}
        return by_note(lambda document: store.threads(pks[document.id]) if document.id in pks else [])
    if form.reasons == "llm":
        return by_chat(context.settings, language=form.language)
    labelled = store.document_ids(project_of(job), DocumentFilter(status="labelled"))[:_MOST_LABELLED]
    lexicons = lexicons_of(document for _, document in store.load_documents(labelled))
    return by_template(model, lexicons=lexicons, language=form.language, budget=form.budget)
