"""A snapshot without the work of one person or of one day; everything else stays, and what is judged on too."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update

from tokapp.documents import Document, Span
from tokapp.errors import BadInput
from tokapp.jobs.payload import TrainForm, read
from tokapp.store import DocumentFilter, Edit, Project, Store
from tokapp.store.tables import EventTable
from tokapp.store.what_if import Without

MARK = Span(0, 4, "bug")


def test_the_work_of_a_person_or_a_day_is_left_out_of_what_is_learnt(store: Store, project: Project) -> None:
    documents = [Document(f"d{i}", f"text number {i}", is_reviewed=True) for i in range(40)]
    store.add_documents(project.id, documents, source="gold")
    train, test = (
        store.document_ids(project.id, DocumentFilter(status="labelled", split=split)) for split in ("train", "test")
    )
    for pk, by in ((train[0], "eva"), (train[1], "eva"), (train[2], "ben"), (test[0], "eva")):
        store.record(pk, 1, by, Edit("add", (MARK,)))
    yesterday = datetime.now(UTC) - timedelta(days=1)
    with store._writing() as session:
        session.execute(update(EventTable).where(EventTable.by == "ben").values(at=yesterday))
    found = store.workers_of(project.id)
    assert found.people == ("ben", "eva") and found.days == (datetime.now(UTC).date(), yesterday.date())
    whole = store.snapshot(project.id)
    for without, gone in ((Without("eva"), train[:2]), (Without(day=yesterday.date()), train[2:3])):
        part = store.snapshot(project.id, without)
        assert store.snapshot_ids(part.id, "train") == [pk for pk in train if pk not in gone]
        assert store.snapshot_ids(part.id, "test") == store.snapshot_ids(whole.id, "test") == test
        assert store.snapshot(project.id, without).id == part.id != whole.id
    assert store.snapshot(project.id) == whole
    with pytest.raises(BadInput, match="without the work of nobody"):
        store.snapshot(project.id, Without("nobody"))


def test_one_of_the_two_is_named() -> None:
    for wrong in (("", None), ("eva", date(2026, 5, 1))):
        with pytest.raises(BadInput, match="name one of them"):
            Without(*wrong)
    form = read(TrainForm, {"name": "v2", "without": {"day": "2026-05-01"}})
    assert form.without is not None
    assert str(form.without.value()) == "the work of 2026-05-01"
    with pytest.raises(BadInput, match=r"without\.day"):
        read(TrainForm, {"name": "v2", "without": {"day": "May"}})
