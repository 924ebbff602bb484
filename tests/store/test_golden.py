"""The golden set stays as it was frozen, and a model that loses on it is only promoted with a reason."""

from __future__ import annotations

import pytest

from tokapp.documents import Document, Prediction, Span
from tokapp.errors import BadInput
from tokapp.store import DocumentFilter, Edit, Project, Store

BUG = Span(0, 4, "bug")
HELD_OUT = DocumentFilter(status="labelled", split="test")


@pytest.fixture
def labelled(store: Store, project: Project) -> Project:
    """Thirty labelled documents with a bug each; "old" finds all of them and is in use, "new" has read nothing."""
    documents = [Document(f"d{i}", f"text {i} end", "reviews", spans=(BUG,), is_reviewed=True) for i in range(30)]
    store.add_documents(project.id, documents, source="gold.csv")
    predict(store, project, "old", (BUG,))
    store.add_model("new", "reviews", project_id=project.id)
    store.promote("old", by="eva")
    return project


def predict(store: Store, project: Project, model: str, spans: tuple[Span, ...]) -> None:
    rows = store.iterate_documents(project.id)
    store.add_predictions(project.id, model, [(pk, Prediction(one.id, model, spans)) for pk, one in rows])


def test_a_golden_set_is_the_test_part_as_it_was(store: Store, labelled: Project) -> None:
    frozen = store.freeze_golden_set(labelled.id, "eva")
    before = store.golden_documents(frozen)
    assert list(before) == store.document_ids(labelled.id, HELD_OUT) and frozen.documents == len(before) > 0
    for pk in before:
        store.record(pk, 1, "eva", Edit("remove", (BUG,)))
        store.record(pk, 2, "eva", Edit("skip"))
    assert store.golden_documents(frozen) == before
    assert store.golden_set(labelled.id) == frozen


def test_what_models_learn_from_and_what_is_not_finished_is_refused(store: Store, labelled: Project) -> None:
    learnt = store.document_ids(labelled.id, DocumentFilter(status="labelled", split="train"))[0]
    with pytest.raises(BadInput, match="models learn from it"):
        store.freeze_golden_set(labelled.id, "eva", [learnt])
    with pytest.raises(BadInput, match="is not labelled"):
        store.freeze_golden_set(labelled.id, "eva", [1])
    held_out = store.document_ids(labelled.id, HELD_OUT)[:1]
    assert list(store.golden_documents(store.freeze_golden_set(labelled.id, "eva", held_out))) == held_out


def test_without_a_golden_set_nothing_stands_in_the_way(store: Store, labelled: Project) -> None:
    assert store.judgements("new") == []
    assert store.promote("new", by="eva").state == "promoted"


def test_a_model_that_has_not_read_the_golden_set_waits(store: Store, labelled: Project) -> None:
    frozen = store.freeze_golden_set(labelled.id, "eva")
    with pytest.raises(BadInput, match=f"new has not read {frozen.documents} of them"):
        store.promote("new", by="eva")


def test_a_model_that_loses_no_more_than_the_margin_passes(store: Store, labelled: Project) -> None:
    store.freeze_golden_set(labelled.id, "eva")
    predict(store, labelled, "new", (BUG,))
    (found,) = store.judgements("new")
    assert found.is_passed and (found.before, found.after, found.project) == ("old", "new", labelled.name)
    assert store.promote("new", by="eva", reason="never needed").state == "promoted"
    newest = store.promotions("reviews")[0]
    assert (newest.model, newest.verb, newest.reason) == ("new", "promote", "")
    assert store.judgements("new") == []


def test_a_model_that_loses_needs_a_reason_which_is_kept(store: Store, labelled: Project) -> None:
    store.freeze_golden_set(labelled.id, "eva")
    predict(store, labelled, "new", ())
    with pytest.raises(BadInput, match=r"more than 0\.02 F1 is lost: bug 1\.000 → 0\.000"):
        store.promote("new", by="eva", reason="  ")
    promoted = store.promoted("reviews")
    assert promoted is not None and promoted.name == "old"
    store.promote("new", by="eva", reason="bugs are called defects now")
    assert store.promotions("reviews")[0].reason == "bugs are called defects now"
    assert "against the golden set: bugs are called" in store.activity(1)[0].text
    assert store.rollback("reviews", by="eva").name == "old"


def test_the_margin_is_what_the_project_chose(store: Store, labelled: Project) -> None:
    store.freeze_golden_set(labelled.id, "eva")
    predict(store, labelled, "new", ())
    assert store.promotion_margin(labelled.id) == 0.02
    store.choose_promotion_margin(labelled.id, 1.0, "eva")
    assert store.judgements("new")[0].is_passed
    with pytest.raises(BadInput, match="between 0 and 1"):
        store.choose_promotion_margin(labelled.id, 1.5, "eva")
