"""Deleted labels: hidden for marking, nothing lost, and in exports and training sets as it was chosen."""

import pytest

from tests.store.test_layers import record
from tokapp.documents import Document, Prediction, Span
from tokapp.errors import BadInput, UnknownLabel
from tokapp.store import SHARED, Edit, Project, Store
from tokapp.store.label_values import LabelUse
from tokapp.store.retired import task_without
from tokapp.tasks import Label, Task

BATTERY, LASTS = Span(4, 11, "feature", 0.9, "model:m1"), Span(12, 17, "bug", 0.4, "model:m1")
PLAIN = tuple(Span(*one.key) for one in (BATTERY, LASTS))


@pytest.fixture
def used(store: Store, project: Project) -> Project:
    """Three documents with two suggestions each; eva accepted both in the first and handed it in, ana one in hers."""
    store.add_model("m1", "reviews", is_built_in=True)
    store.promote("m1", by="eva")
    store.add_predictions(project.id, "m1", [(pk, Prediction(f"r{pk}", "m1", (BATTERY, LASTS))) for pk in (1, 2, 3)])
    record(store, Edit("accept", PLAIN), SHARED)
    record(store, Edit("set_label", label="praise"), SHARED)
    record(store, Edit("submit"), SHARED)
    record(store, Edit("accept", PLAIN[1:]), "ana", document=2)
    return project


def test_what_a_label_touches_is_counted(store: Store, used: Project) -> None:
    assert store.label_use(used.id, "bug") == LabelUse(2, 2, 2, 3, ("m1",))
    assert store.label_use(used.id, "feature") == LabelUse(1, 1, 1, 3, ("m1",))
    assert store.label_use(used.id, "praise") == LabelUse(0, 0, 1, 0, ())
    assert store.label_use(used.id, "complaint") == LabelUse(0, 0, 0, 0, ())


@pytest.mark.parametrize("name", ["größe", 'a"b\\c', "%_"])
def test_labels_of_every_script_are_counted(name: str, store: Store) -> None:
    task = Task("odd", "Odd", (Label(name, "#112233"), Label("feature", "#332211")))
    made = store.create_project("odd", task)

    store.add_documents(made.id, [Document("d", "The battery lasts", spans=(Span(4, 11, name),))], source="x")
    assert store.label_use(made.id, name).spans == 1 and store.label_use(made.id, "feature").spans == 0


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_deleted_label_is_hidden_for_marking_and_loses_nothing(is_kept: bool, store: Store, used: Project) -> None:
    store.retire_label(used.id, "bug", "ben", is_kept=is_kept)
    gone = store.retired_labels(used.id)["bug"]
    assert (gone.by, gone.is_kept) == ("ben", is_kept)
    assert [one.key for one in store.open_for_labelling(1).document.spans] == [BATTERY.key, LASTS.key]
    assert [one.key for one in store.open_for_labelling(3).suggestions] == [BATTERY.key]
    refused = (
        Edit("add", (Span(0, 3, "bug"),)),
        Edit("accept", PLAIN[1:]),
        Edit("relabel", (PLAIN[0], Span(4, 11, "bug"))),
    )
    for edit in refused:
        with pytest.raises(UnknownLabel, match="'bug' is deleted"):
            store.record(3, 0, "eva", edit)
    record(store, Edit("move", (PLAIN[1], Span(12, 16, "bug"))), SHARED)
    record(store, Edit("remove", (Span(12, 16, "bug"),)), SHARED)
    record(store, Edit("undo"), SHARED)
    assert Span(12, 16, "bug") in store.open_for_labelling(1).document.spans
    store.restore_label(used.id, "bug", "ben")
    assert store.retired_labels(used.id) == {}
    assert [one.key for one in store.open_for_labelling(3).suggestions] == [BATTERY.key, LASTS.key]
    assert [line.text for line in store.activity(2, used.id)] == ["restored the label bug", "deleted the label bug"]


def test_exports_and_training_sets_hold_it_as_it_was_chosen(store: Store, used: Project) -> None:
    before = store.snapshot(used.id)
    store.retire_label(used.id, "bug", "ben", is_kept=True)
    assert store.snapshot(used.id).id == before.id
    assert [one.spans for one in store.gold(used.id)] == [(BATTERY, LASTS)]
    store.retire_label(used.id, "bug", "ben", is_kept=False)
    assert [one.spans for one in store.gold(used.id)] == [(BATTERY,)]
    after = store.snapshot(used.id)
    assert after.id != before.id and after.left_out == ("bug",)
    assert store.snapshot(used.id).id == after.id
    store.restore_label(used.id, "bug", "ben")

    def frozen(snapshot: int) -> list[tuple[Span, ...]]:
        return [one.spans for side in store.training_set(snapshot).values() for one in side]

    assert frozen(before.id) == [(BATTERY, LASTS)] and frozen(after.id) == [(BATTERY,)]
    assert task_without(used.task, after.left_out).span_names == ("feature",)
    assert store.snapshot(used.id).id == before.id


def test_a_label_of_whole_documents_can_be_deleted_too(store: Store, used: Project) -> None:
    store.retire_label(used.id, "praise", "ben", is_kept=False)
    assert [one.label for one in store.gold(used.id)] == [None]
    assert store.open_for_labelling(1).document.label == "praise"
    with pytest.raises(UnknownLabel):
        store.record(2, 0, "eva", Edit("set_label", label="praise"))
    assert store.record(1, 3, "eva", Edit("set_label", label=None)).document.label is None


def test_what_cannot_be_deleted_or_restored_is_a_sentence(store: Store, used: Project) -> None:
    with pytest.raises(UnknownLabel):
        store.retire_label(used.id, "nothing", "ben", is_kept=True)
    with pytest.raises(BadInput, match="not deleted"):
        store.restore_label(used.id, "bug", "ben")
    for name in ("bug", "praise", "complaint"):
        store.retire_label(used.id, name, "ben", is_kept=True)
    with pytest.raises(BadInput, match="the last label"):
        store.retire_label(used.id, "feature", "ben", is_kept=True)
