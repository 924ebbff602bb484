"""Deleted labels: nothing is lost by it. They cannot be marked with, their spans stay, and they can be restored."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session

from tokapp.documents import Document, Span
from tokapp.errors import BadInput, UnknownLabel
from tokapp.store.activity import note
from tokapp.store.label_tables import LabelEventTable
from tokapp.store.label_values import LabelUse, RetiredLabel
from tokapp.store.projects import check_text, task_of
from tokapp.store.state import read_spans
from tokapp.store.tables import (
    DocumentTable,
    LabellingTable,
    ModelTable,
    PredictionLabelTable,
    PredictionTable,
    now,
)
from tokapp.store.values import Edit
from tokapp.tasks import Task


def retired_labels(session: Session, project_id: int) -> dict[str, RetiredLabel]:
    """The labels of a project that are deleted now, by name."""
    query = select(LabelEventTable).where(LabelEventTable.project_id == project_id).order_by(LabelEventTable.id)
    last = {row.label: row for row in session.scalars(query)}
    return {
        name: RetiredLabel(name, row.is_kept, row.by, row.at)
        for name, row in sorted(last.items())
        if row.verb == "retire"
    }


def left_out(session: Session, project_id: int) -> list[str]:
    """Names of the deleted labels that exports and training sets leave out, in order."""
    return [name for name, one in retired_labels(session, project_id).items() if not one.is_kept]


def retire(session: Session, project_id: int, name: str, by: str, *, is_kept: bool) -> None:
    """Delete a label for marking, or change what exports and training sets make of one that is deleted.

    Raises NotFound, UnknownLabel, and BadInput if no label would be left to mark with.
    """
    task = task_of(session, project_id)
    if name not in {*task.span_names, *task.document_names}:
        raise UnknownLabel(f"task {task.name} has no label {name!r}: reload the page")
    gone = {*retired_labels(session, project_id), name}
    if not {*task.span_names, *task.document_names} - gone:
        raise BadInput(f"{name!r} is the last label of this project: restore another one first")
    _add(session, project_id, name, "retire", by, is_kept=is_kept)
    note(session, f"deleted the label {name}", by=by, project_id=project_id)


def restore(session: Session, project_id: int, name: str, by: str) -> None:
    """Let people mark with a deleted label again; raises BadInput if it is not deleted."""
    if name not in retired_labels(session, project_id):
        raise BadInput(f"the label {name!r} is not deleted: reload the page")
    _add(session, project_id, name, "restore", by, is_kept=True)
    note(session, f"restored the label {name}", by=by, project_id=project_id)


def _add(session: Session, project_id: int, name: str, verb: str, by: str, *, is_kept: bool) -> None:
    check_text(by, where="the name of the person")
    session.add(LabelEventTable(project_id=project_id, label=name, verb=verb, is_kept=is_kept, by=by, at=now()))
    session.flush()


def check_edit(session: Session, project_id: int, edit: Edit) -> None:
    """Raise UnknownLabel if an edit gives a deleted label to anything; what has it may be moved and removed."""
    wanted = _given(edit)
    if not wanted:
        return
    gone = sorted(wanted & set(retired_labels(session, project_id)))
    if gone:
        raise UnknownLabel(f"the label {gone[0]!r} is deleted in this project: use another one, or restore it first")


def _given(edit: Edit) -> set[str]:
    if edit.verb == "set_label":
        return {edit.label} - {None}  # type: ignore[return-value]
    if edit.verb in ("add", "accept"):
        return {span.label for span in edit.spans}
    if edit.verb in ("relabel", "move"):
        half = len(edit.spans) // 2
        pairs = zip(edit.spans[:half], edit.spans[half:], strict=False)
        return {new.label for old, new in pairs if new.label != old.label}
    return set()


def without_labels(document: Document, names: Collection[str]) -> Document:
    """The document without spans and reasons of those labels, and without its own label if it is one of them."""
    if not names:
        return document
    spans = tuple(span for span in document.spans if span.label not in names)
    reasons = tuple(reason for reason in document.reasons if reason.label not in names)
    label = None if document.label in names else document.label
    return replace(document, spans=spans, reasons=reasons, label=label)


def task_without(task: Task, names: Collection[str]) -> Task:
    """The task without those labels."""
    spans = tuple(one for one in task.span_labels if one.name not in names)
    wholes = tuple(one for one in task.document_labels if one.name not in names)
    return replace(task, span_labels=spans, document_labels=wholes)


def offered(session: Session, project_id: int, suggestions: Sequence[Span]) -> list[Span]:
    """Those of a model's suggestions whose label people may mark with: a model may have learnt another project's."""
    if not suggestions:
        return []
    task, gone = task_of(session, project_id), retired_labels(session, project_id)
    return [span for span in suggestions if span.label in task.span_names and span.label not in gone]


def label_use(session: Session, project_id: int, name: str) -> LabelUse:
    """What a label touches in a project."""
    marked, documents = _marked(session, project_id, name)
    suggested, models = _suggested(session, project_id, name)
    people = {span.origin for span in marked if span.origin.startswith("person:")}
    return LabelUse(len(marked), len(people), len(documents), suggested, tuple(sorted(models)))


def _marked(session: Session, project_id: int, name: str) -> tuple[list[Span], set[int]]:
    """People's spans of a label in every layer, and the documents in which people used it."""
    written = cast(LabellingTable.spans, Text).contains(json.dumps(name), autoescape=True)
    query = (
        select(LabellingTable.document_id, LabellingTable.spans, LabellingTable.label)
        .join(DocumentTable, DocumentTable.id == LabellingTable.document_id)
        .where(DocumentTable.project_id == project_id, written | (LabellingTable.label == name))
    )
    found: list[Span] = []
    documents: set[int] = set()
    for pk, spans, label in session.execute(query):
        here = _of_label(read_spans(spans), name)
        found += here
        if here or label == name:
            documents.add(pk)
    return found, documents


def _suggested(session: Session, project_id: int, name: str) -> tuple[int, set[str]]:
    """How many suggestions have a label, and of which models."""
    query = (
        select(PredictionTable.spans, PredictionTable.label, ModelTable.name)
        .join(
            PredictionLabelTable,
            (PredictionLabelTable.document_id == PredictionTable.document_id)
            & (PredictionLabelTable.model_id == PredictionTable.model_id),
        )
        .join(ModelTable, ModelTable.id == PredictionTable.model_id)
        .where(PredictionTable.project_id == project_id, PredictionLabelTable.label == name)
    )
    total, models = 0, set[str]()
    for spans, label, model in session.execute(query):
        total += len(_of_label(read_spans(spans), name)) + (label == name)
        models.add(model)
    return total, models


def _of_label(spans: Iterable[Span], name: str) -> list[Span]:
    return [span for span in spans if span.label == name]
