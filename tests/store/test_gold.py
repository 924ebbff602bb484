import pytest

from tokapp.documents import Document, Span
from tokapp.errors import BadInput, NotFound
from tokapp.store import DocumentFilter, Edit, Project, Store


@pytest.fixture
def labelled(store: Store, project: Project) -> Project:
    """Thirty labelled documents beside three new ones."""
    documents = [
        Document(f"d{i}", f"text {i} end", "reviews", spans=(Span(0, 4, "bug"),), is_reviewed=True) for i in range(30)
    ]
    store.add_documents(project.id, documents, source="gold.csv")
    return project


def test_gold_is_what_people_finished(store: Store, labelled: Project) -> None:
    assert len(list(store.gold(labelled.id))) == 30
    assert len(list(store.gold(labelled.id, labelled_only=False))) == 33
    assert [d.id for d in store.gold(labelled.id, DocumentFilter(search="d7"))] == ["d7"]
    assert all(document.is_reviewed for document in store.gold(labelled.id))


def test_a_snapshot_never_changes(store: Store, labelled: Project) -> None:
    taken = store.snapshot(labelled.id)
    before = store.training_set(taken.id)
    assert sum(taken.counts.values()) == 30
    assert {split: len(documents) for split, documents in before.items()} == dict(taken.counts)
    for pk in store.document_ids(labelled.id, DocumentFilter(source="gold.csv")):
        store.record(pk, 1, "eva", Edit("add", (Span(5, 6, "feature"),)))
        store.record(pk, 2, "eva", Edit("skip"))
    store.add_documents(labelled.id, [Document("late", "late", is_reviewed=True)], source="late")
    assert store.training_set(taken.id) == before
    assert store.find_snapshot(taken.id) == taken


def test_the_same_state_is_the_same_snapshot(store: Store, labelled: Project) -> None:
    first = store.snapshot(labelled.id)
    assert store.snapshot(labelled.id) == first
    pk = store.find_document(labelled.id, "d3")
    store.record(pk, 1, "eva", Edit("remove", (Span(0, 4, "bug"),)))
    second = store.snapshot(labelled.id)
    assert second.id != first.id and second.digest != first.digest
    assert store.snapshots(labelled.id) == [second, first]


def test_the_ids_of_a_side_go_with_its_documents(store: Store, labelled: Project) -> None:
    taken = store.snapshot(labelled.id)
    ids = store.snapshot_ids(taken.id, "train")
    assert [document for _, document in store.load_documents(ids)] == store.training_set(taken.id)["train"]


def test_nothing_labelled_is_said_in_a_sentence(store: Store, project: Project) -> None:
    with pytest.raises(BadInput, match="no document of this project is labelled yet"):
        store.snapshot(project.id)
    with pytest.raises(NotFound, match="no snapshot 5"):
        store.training_set(5)
