"""Marks of reasons in the store: by whom, in whose version, undone, exported, and frozen for a training."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.store.conftest import TASK
from tests.store.test_layers import record
from tokapp.documents import Document, Reason, Span
from tokapp.errors import BadInput, BadSpan, UnknownLabel
from tokapp.store import SHARED, Edit, Labelling, Project, Store

LASTS = Reason(12, 17, "praise")
BATTERY = Reason(4, 11, "feature", span=(4, 11), is_evidence=False)


def mark(store: Store, *reasons: Reason, layer: str = SHARED) -> Labelling:
    return record(store, Edit("mark_reasons", reasons=reasons), layer)


def test_marks_are_kept_with_who_made_them_and_leave_the_labels_alone(store: Store, project: Project) -> None:
    after = mark(store, LASTS, BATTERY)
    assert after.document.reasons == (BATTERY, LASTS)
    assert {one.by for one in after.document.reasons} == {"eva"} and after.status == "new"
    assert next(iter(store.iterate_documents(project.id)))[1].reasons == (BATTERY, LASTS)
    assert mark(store, LASTS).revision == after.revision
    changed = mark(store, replace(LASTS, is_evidence=False))
    assert changed.document.reasons == (BATTERY, replace(LASTS, is_evidence=False))
    cleared = record(store, Edit("clear_reasons", reasons=(replace(LASTS, start=0, end=14),)), SHARED)
    assert cleared.document.reasons == (BATTERY, Reason(14, 17, "praise", is_evidence=False))


def test_marks_can_be_undone_and_gone_back_to(store: Store, project: Project) -> None:
    mark(store, LASTS)
    mark(store, BATTERY)
    assert record(store, Edit("undo"), SHARED).document.reasons == (LASTS,)
    assert record(store, Edit("redo"), SHARED).document.reasons == (BATTERY, LASTS)
    assert record(store, Edit("restore", revision=1), SHARED).document.reasons == (LASTS,)
    assert store.rebuild_labels(project.id) == 0


def test_what_an_undo_would_take_back_is_known(store: Store, project: Project) -> None:
    assert store.undoes(1) is None
    record(store, Edit("add", (Span(4, 11, "feature"),)), SHARED)
    mark(store, LASTS)
    assert store.undoes(1) == "mark_reasons" and store.undoes(1, "ana") is None
    record(store, Edit("undo"), SHARED)
    assert store.undoes(1) == "add"


def test_marks_stay_in_the_version_of_who_made_them(store: Store, project: Project) -> None:
    mark(store, LASTS, layer="ana")
    seen = {layer: store.open_for_labelling(1, layer=layer).document.reasons for layer in ("ana", "ben", SHARED)}
    assert seen == {"ana": (LASTS,), "ben": (), SHARED: ()}


@pytest.mark.parametrize(
    ("reason", "error"),
    [
        (Reason(0, 99, "praise"), BadSpan),
        (Reason(0, 2, "feature", span=(4, 99)), BadSpan),
        (Reason(0, 2, "feature"), UnknownLabel),
        (Reason(0, 2, "praise", span=(0, 2)), UnknownLabel),
        (Reason(0, 2, "", span=(0, 2)), UnknownLabel),
    ],
)
def test_marks_that_fit_nowhere_are_refused(
    store: Store, project: Project, reason: Reason, error: type[Exception]
) -> None:
    with pytest.raises(error, match="reason"):
        mark(store, reason)
    with pytest.raises(error, match="reason"):
        store.add_documents(project.id, [Document("n", "A new text", reasons=(reason,))], source="f")


def test_marks_come_in_with_documents_and_are_frozen_for_a_training(store: Store) -> None:
    project = store.create_project("p", TASK)
    document = Document("d", "Nice and quick", label="praise", is_reviewed=True, reasons=(Reason(0, 4, "praise"),))
    store.add_documents(project.id, [document, Document("e", "ugly", reasons=(Reason(0, 4),))], source="f")
    frozen = store.snapshot(project.id)
    assert store.open_for_labelling(2).document.reasons == (Reason(0, 4),)
    assert store.open_for_labelling(2).status == "new"
    store.record(1, 1, "eva", Edit("clear_reasons", reasons=document.reasons))
    assert store.snapshot(project.id).id != frozen.id
    (kept,) = [one for side in store.training_set(frozen.id).values() for one in side]
    assert kept.reasons == document.reasons
    assert store.rebuild_labels(project.id) == 0


def test_a_label_that_reasons_are_for_stays_and_deleting_it_leaves_them_out(store: Store, project: Project) -> None:
    mark(store, LASTS)
    with pytest.raises(BadInput, match="in use"):
        store.update_task(project.id, replace(TASK, document_labels=TASK.document_labels[1:]))
    store.record(1, 1, "eva", Edit("add", (Span(4, 11, "feature"),)))
    store.record(1, 2, "eva", Edit("submit"))
    store.retire_label(project.id, "praise", "eva", is_kept=False)
    assert [one.reasons for one in store.gold(project.id)] == [()]


def test_documents_with_marks_are_found(store: Store, project: Project) -> None:
    assert store.marked_documents(project.id, 10) == [] and store.count_marked(project.id) == 0
    mark(store, LASTS)
    mark(store, LASTS, layer="ana")
    store.record(2, 0, "ana", Edit("mark_reasons", reasons=(LASTS,)), layer="ana")
    assert [one.id for one in store.marked_documents(project.id, 10)] == ["r1"]
    assert store.count_marked(project.id) == 0  # not labelled yet
    record(store, Edit("clear_reasons", reasons=(LASTS,)), SHARED)
    assert store.marked_documents(project.id, 10) == []
