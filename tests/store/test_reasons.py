"""Which documents have reasons, which lack them, and how the store steps between them."""

from __future__ import annotations

from collections.abc import Sequence

from tests.store.conftest import TASK
from tokapp.documents import Attribution, Document, Prediction, Span, Target
from tokapp.store import Project, Store
from tokapp.store.values import LONGEST_EXPLAINED, Amount

SPAN = Span(0, 3, "bug", 0.8)


def attribution(document: str, target: Target, *, model: str = "m") -> Attribution:
    """An explanation of one word."""
    return Attribution(document, model, target, ((0, 3),), ("The",), (1.0,), (0.1,), -1.0, 0.0, 8)


def add(store: Store, project: Project, texts: Sequence[str]) -> list[int]:
    """Further documents; gives their ids."""
    store.add_documents(project.id, [Document(text, text, "reviews") for text in texts], source="more")
    return [store.find_document(project.id, text) for text in texts]


def test_only_decisions_without_reasons_of_that_model_are_left_to_explain(store: Store, project: Project) -> None:
    marked, silent, labelled = 1, 2, 3
    predictions = [
        (marked, Prediction("r1", "m", (SPAN,))),
        (silent, Prediction("r2", "m", ())),
        (labelled, Prediction("r3", "m", (), document_scores={"praise": 0.9})),
    ]
    add(store, project, ["never predicted"])
    store.add_predictions(project.id, "m", predictions)
    assert store.unexplained(project.id, "m") == [marked, labelled]
    store.add_attributions(marked, [attribution("r1", Target.of_span(SPAN), model="another")])
    assert store.unexplained(project.id, "m") == [marked, labelled]
    store.add_attributions(marked, [attribution("r1", Target.of_span(SPAN))])
    assert store.unexplained(project.id, "m") == [labelled]
    assert store.unexplained(project.id, "nobody") == []


def test_the_amount_counts_characters_up_to_what_the_model_reads(store: Store, project: Project) -> None:
    assert store.unexplained_amount(project.id, "m") == Amount(0, 0)
    short, long = add(store, project, ["The app 🎉", "The " * LONGEST_EXPLAINED])
    store.add_predictions(project.id, "m", [(pk, Prediction("", "m", (SPAN,))) for pk in (short, long)])
    empty_list = len("[]")
    assert store.unexplained_amount(project.id, "m") == Amount(2, 9 + empty_list + LONGEST_EXPLAINED)


def test_neighbours_are_explained_documents_of_the_same_project(store: Store, project: Project) -> None:
    other = store.create_project("another", TASK)
    foreign = add(store, other, ["The foreign one"])
    last, unexplained = add(store, project, ["The last", "The very last"])
    target = Target.of_span(SPAN)
    for pk in (1, 3, *foreign, last):
        store.add_attributions(pk, [attribution("", target), attribution("", Target("document", "praise"))])
    assert store.first_explained(project.id, "m") == 1
    assert store.explained_neighbours(1, "m") == (None, 3)
    assert store.explained_neighbours(2, "m") == (1, 3)
    assert store.explained_neighbours(3, "m") == (1, last)
    assert store.explained_neighbours(unexplained, "m") == (last, None)
    assert store.explained_neighbours(3, "nobody") == (None, None)
    assert store.explained_among([1, 2, 3, unexplained], "m") == {1, 3}


def test_the_first_look_is_at_reasons_of_a_span(store: Store, project: Project) -> None:
    store.add_attributions(1, [attribution("", Target("document", "praise"))])
    assert store.first_explained(project.id, "m") == 1
    store.add_attributions(2, [attribution("", Target.of_span(SPAN))])
    assert store.first_explained(project.id, "m") == 2


def test_the_shortest_documents_come_in_the_order_of_their_ids(store: Store, project: Project) -> None:
    add(store, project, ["a much longer text than all the others are", "tiny"])
    assert store.shortest_documents(project.id, 2) == [3, 5]


def test_all_reasons_of_a_project_come_one_after_the_other(store: Store, project: Project) -> None:
    ids = add(store, project, [f"The text {number}" for number in range(5)])
    before = store.attributions_state(project.id, "m")
    for pk in ids:
        found = [attribution(str(pk), Target("span", "bug", 0, end)) for end in (3, 8)]
        store.add_attributions(pk, [*found, attribution(str(pk), found[0].target, model="another")])
    rows = list(store.iterate_attributions(project.id, "m", batch=3))
    assert [(pk, one.target.end) for pk, _, one in rows] == [(pk, end) for pk in ids for end in (3, 8)]
    assert {text for _, text, _ in rows} == {f"The text {number}" for number in range(5)}
    assert list(store.iterate_attributions(project.id, "nobody")) == []
    assert before[0] == 0 and store.attributions_state(project.id, "m")[0] == 10
