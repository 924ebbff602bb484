from dataclasses import replace

import pytest

from tests.store.conftest import TASK
from tokapp.documents import Document, Prediction, Span
from tokapp.errors import BadInput, NotFound
from tokapp.store import Edit, Project, Store
from tokapp.tasks import Label


def test_a_project_keeps_its_task(store: Store) -> None:
    made = store.create_project("one", TASK, is_sample=True)
    assert store.project("one") == store.project(made.id) == made
    assert made.task == TASK and made.is_sample


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "half \ud83d pair"])
def test_a_name_that_cannot_be_kept_is_refused(store: Store, name: str) -> None:
    with pytest.raises(BadInput):
        store.create_project(name, TASK)


def test_a_name_is_taken_only_once(store: Store, project: Project) -> None:
    with pytest.raises(BadInput, match="choose another name"):
        store.create_project(project.name, TASK)


def test_markup_in_a_name_is_kept_as_it_is(store: Store) -> None:
    assert store.create_project("<script>alert(1)</script>", TASK).name == "<script>alert(1)</script>"


def test_an_unknown_project_is_a_sentence(store: Store) -> None:
    for unknown in (99, "nobody"):
        with pytest.raises(NotFound, match="there is no project"):
            store.project(unknown)


def test_renaming_keeps_the_splits(store: Store, project: Project) -> None:
    before = [row.split for row in store.documents(project.id)]
    assert store.rename_project(project.id, "other").name == "other"
    store.add_documents(project.id, [Document("r9", "The battery lasts long")], source="again")
    assert [row.split for row in store.documents(project.id)] == before


def test_a_label_can_be_added(store: Store, project: Project) -> None:
    wider = replace(TASK, span_labels=(*TASK.span_labels, Label("price", "#ffffff")))
    assert store.update_task(project.id, wider).task == wider == store.project(project.id).task


def test_a_used_label_cannot_be_removed(store: Store, project: Project) -> None:
    labelled = Document("x", "so slow", spans=(Span(3, 7, "bug"),))
    store.add_documents(project.id, [labelled], source="f")
    narrow = replace(TASK, span_labels=TASK.span_labels[:1])
    with pytest.raises(BadInput, match="'bug' is in use"):
        store.update_task(project.id, narrow)
    assert store.project(project.id).task == TASK


def test_the_summary_counts(store: Store, project: Project) -> None:
    store.add_documents(project.id, [Document("x", "all good", is_reviewed=True)], source="f")
    [summary] = store.projects()
    assert (summary.project, summary.documents, summary.labelled, summary.predicted) == (project, 4, 1, 0)
    assert summary.last_training is None


def test_the_feed_tells_what_happened(store: Store, project: Project) -> None:
    lines = [(line.project, line.text) for line in store.activity(project_id=project.id)]
    assert lines == [
        ("phone reviews", "imported 3 documents from reviews.csv"),
        ("phone reviews", "created the project phone reviews"),
    ]


def test_a_label_is_added_last_and_nothing_else_changes(store: Store, project: Project) -> None:
    store.record(1, 0, "eva", Edit("add", (Span(4, 11, "bug"),)))
    before = store.events(1)
    made = store.add_label(project.id, Label("wish", "#AA7700", "w", "What people want"), "rita")
    assert made.task.span_names == ("feature", "bug", "wish") and made.task.span_labels[2].color == "#aa7700"
    whole = store.add_label(project.id, Label("question", "#113322"), "rita", is_of_whole=True)
    assert whole.task.document_names == ("praise", "complaint", "question")
    assert store.events(1) == before
    labelled = store.record(1, 1, "eva", Edit("add", (Span(12, 17, "wish"),)))
    assert [span.label for span in labelled.document.spans] == ["bug", "wish"]
    assert [(one.text, one.by) for one in store.activity(limit=2)] == [
        ("added the label question", "rita"),
        ("added the label wish", "rita"),
    ]


@pytest.mark.parametrize(
    ("label", "says"),
    [
        (Label("Bug", "#112233"), "already"),
        (Label("praise", "#112233"), "already"),
        (Label("wish", "#112233", "f"), "belongs to 'feature'"),
        (Label("wish", "red"), "colour"),
        (Label("", "#112233"), "name"),
        (Label("w\ud800", "#112233"), "surrogate"),
    ],
)
def test_a_label_that_does_not_fit_is_refused(store: Store, project: Project, label: Label, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        store.add_label(project.id, label, "rita")
    assert store.project(project.id).task == project.task


def test_what_a_model_learnt_in_another_project_is_not_suggested(store: Store, project: Project) -> None:
    store.add_model("m", "reviews", is_built_in=True)
    found = (Span(0, 3, "wish", 0.9), Span(4, 11, "bug", 0.9))
    store.add_predictions(project.id, "m", [(1, Prediction("r1", "m", found))])
    assert [span.label for span in store.open_for_labelling(1).suggestions] == ["bug"]
    store.add_label(project.id, Label("wish", "#112233"), "rita")
    assert [span.label for span in store.open_for_labelling(1).suggestions] == ["wish", "bug"]
