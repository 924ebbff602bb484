"""What a model version does on a side of the split: gathered once, kept until a label or a prediction changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from tokapp.documents import Document
from tokapp.evaluation.assessment import Assessment, assess, compare, judged
from tokapp.evaluation.cases import Case
from tokapp.store.values import DocumentFilter
from tokapp.ui import session

if TYPE_CHECKING:
    from tokapp.evaluation.significance import PairedTest
    from tokapp.evaluation.splits import Split
    from tokapp.store import Project, Store


@dataclass(frozen=True, slots=True)
class Asked:
    """Which documents a version is judged on."""

    model: str
    part: Split
    only_drawn: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """The judged documents of a choice with the model's predictions, and what they say.

    `unread` are the documents that the model has not predicted; there are no figures before it has.
    """

    cases: tuple[Case, ...]
    unread: tuple[int, ...]
    found: Assessment | None

    @property
    def texts(self) -> Mapping[str, Document]:
        """The documents by the keys of mistakes."""
        return {case.key: case.document for case in self.cases}


def judge(project: Project, asked: Asked) -> Judged:
    """Everything about a version on labelled documents of a side."""
    store = session.store()
    return _judge(store.url, project.id, asked, store.judging_stamp(project.id), _store=store, _project=project)


@st.cache_resource(max_entries=6, show_spinner="Counting …")
def _judge(
    url: str, project_id: int, asked: Asked, stamp: tuple[int, str, int], *, _store: Store, _project: Project
) -> Judged:
    where = DocumentFilter(status="labelled", split=asked.part)
    origins = _store.origins(project_id, asked.part)
    documents = {
        pk: one
        for pk, one in _store.iterate_documents(project_id, where)
        if origins[pk].is_drawn or not asked.only_drawn
    }
    known = dict(_store.predictions(project_id, asked.model, where))
    unread = tuple(pk for pk in documents if pk not in known)
    if unread or not documents:
        return Judged((), unread, None)
    rows = [
        Case(str(pk), one, known[pk], origins[pk].group, origins[pk].source, origins[pk].by or "from a file")
        for pk, one in documents.items()
    ]
    cases = judged(_project.task, rows)
    train = [one for _, one in _store.iterate_documents(project_id, DocumentFilter(status="labelled", split="train"))]
    return Judged(tuple(cases), (), assess(_project.task, cases, train) if cases else None)


def paired(project: Project, first: Judged, second: Judged) -> PairedTest | None:
    """The paired test of two versions on the same documents; None where they are not the same."""
    if not first.cases or [case.key for case in first.cases] != [case.key for case in second.cases]:
        return None
    return compare(project.task, first.cases, second.cases)
