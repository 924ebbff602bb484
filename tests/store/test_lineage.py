"""From an event to every model that learnt it: only while its effect stood when the training began."""

from __future__ import annotations

from tokapp.documents import Document, Span
from tokapp.store import DocumentFilter, Edit, Project, Store

FIRST, SECOND, THIRD = (Span(at, at + 4, "bug") for at in (0, 5, 10))


def test_every_event_knows_the_models_that_learnt_it(store: Store, project: Project) -> None:
    documents = [Document(f"d{i}", f"text text text {i}", spans=(FIRST,), is_reviewed=True) for i in range(30)]
    store.add_documents(project.id, documents, source="gold")
    pk, *_ = store.document_ids(project.id, DocumentFilter(status="labelled", split="train"))
    held_out, *_ = store.document_ids(project.id, DocumentFilter(status="labelled", split="test"))

    def train(name: str) -> None:
        store.add_model(name, "reviews", snapshot_id=store.snapshot(project.id).id, project_id=project.id)

    train("v1")
    for revision, edit in enumerate((Edit("add", (SECOND,)), Edit("add", (THIRD,)), Edit("remove", (SECOND,))), 1):
        store.record(pk, revision, "eva", edit)
        if revision == 1:
            train("v2")
    store.record(pk, 4, "eva", Edit("set_label", label="praise"))
    train("v3")
    verbs = {event.revision: event.verb for event in store.events(pk)}
    assert {(verbs[revision], names) for revision, names in store.learnt_by(pk).items()} == {
        ("import", ("v1", "v2", "v3")),
        ("add", ("v2",)),
        ("add", ("v3",)),
        ("remove", ("v3",)),
        ("set_label", ("v3",)),
    }
    assert store.learnt_by(held_out) == {}, "nothing learns from the test part"
    store.record(pk, 5, "eva", Edit("undo"))
    train("v4")
    assert store.learnt_by(pk)[5] == ("v3",)
    assert pk in store.snapshot_ids(store.model("v4").snapshot_id or 0, "train")
