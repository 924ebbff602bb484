"""Actions on many documents: one event a document, compared and swapped, undone and done again as one."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.store.conftest import TASK
from tokapp.documents import Document, Prediction, Span
from tokapp.errors import BadInput, NotFound
from tokapp.store import Bulk, Edit, Hit, Piece, Project, Store, SuggestionFilter

TEXT = "The battery lasts, the Battery is new, batteryless 🎉 battery"


@pytest.fixture
def many(store: Store) -> Project:
    """Seven documents of the same words with two suggestions each, sure ones and unsure ones in turn."""
    project = store.create_project("many", TASK)
    store.add_documents(project.id, [Document(f"d{at}", f"{TEXT} {at}") for at in range(7)], source="f")
    store.add_predictions(project.id, "m", [(pk, predicted(pk)) for pk in store.document_ids(project.id)])
    return project


def predicted(pk: int) -> Prediction:
    score = 0.9 if pk % 2 else 0.4
    spans = (Span(4, 11, "feature", score, "model:m"), Span(12, 17, "bug", 0.6, "model:m"))
    return Prediction(f"d{pk}", "m", spans)


def hits(store: Store, project: Project, **where: object) -> list[Hit]:
    return list(store.suggestion_hits(project.id, SuggestionFilter(**where)))  # type: ignore[arg-type]  # test's own


def finish(store: Store, bulk: Bulk, *, by: str = "eva", size: int = 3) -> Bulk:
    while bulk.outcomes.get("waiting"):
        bulk = store.run_bulk(bulk.id, by=by, size=size)
    return bulk


def do(store: Store, project: Project, verb: str, found: list[Hit], *, by: str = "eva") -> Bulk:
    return finish(store, store.begin_bulk(project.id, verb, found, by=by), by=by)  # type: ignore[arg-type]  # a BulkVerb


def marked(store: Store, project: Project) -> dict[int, list[tuple[int, int, str]]]:
    return {pk: [span.key for span in one.spans] for pk, one in store.iterate_documents(project.id)}


def events_of(store: Store, project: Project) -> Iterator[tuple[int, str, str]]:
    for pk in store.document_ids(project.id):
        yield from ((pk, event.verb, event.by) for event in store.events(pk))


def test_a_filter_finds_open_suggestions_by_label_score_and_document(store: Store, many: Project) -> None:
    ids = store.document_ids(many.id)
    assert [hit.document_id for hit in hits(store, many)] == [pk for pk in ids for _ in range(2)]
    assert {hit.span.label for hit in hits(store, many, label="bug")} == {"bug"}
    sure = hits(store, many, label="feature", least=0.5)
    assert [hit.document_id for hit in sure] == [pk for pk in ids if pk % 2]
    assert len(hits(store, many, most=0.6, document_id=ids[0])) == (1 if ids[0] % 2 else 2)
    assert hits(store, many, model="nobody") == []
    first = sure[0]
    assert (first.left, first.text, first.right[:6]) == ("The ", "battery", " lasts")


def test_what_is_settled_or_covered_is_not_found(store: Store, many: Project) -> None:
    first, second, *_ = store.document_ids(many.id)
    store.record(first, 0, "eva", Edit("reject", (Span(12, 17, "bug"),)))
    store.record(second, 0, "eva", Edit("add", (Span(4, 11, "bug"),)))
    found = [(hit.document_id, hit.span.label) for hit in hits(store, many) if hit.document_id in (first, second)]
    assert found == [(first, "feature"), (second, "bug")]


def test_accepting_everywhere_is_one_event_a_document_with_score_model_and_time(store: Store, many: Project) -> None:
    bulk = do(store, many, "accept", hits(store, many))
    assert (bulk.documents, bulk.spans, bulk.outcomes) == (7, 14, {"done": 7})
    assert list(marked(store, many).values()) == [[(4, 11, "feature"), (12, 17, "bug")]] * 7
    assert [verb for _, verb, _ in events_of(store, many)] == ["accept"] * 7
    [event] = store.events(store.document_ids(many.id)[0])
    assert isinstance(event.before, dict)
    assert event.before["model"] == "m" and str(event.before["predicted"]).startswith("20")
    assert [row[4] for row in event.before["suggestions"]] == [0.9, 0.6]  # type: ignore[index,union-attr]
    assert hits(store, many) == []


def test_suggestions_of_another_model_are_accepted_as_its_own(store: Store, many: Project) -> None:
    first = store.document_ids(many.id)[0]
    store.add_predictions(many.id, "other", [(first, Prediction("d", "other", (Span(0, 3, "bug", 0.7),)))])
    do(store, many, "accept", hits(store, many, model="other"))
    [event] = store.events(first)
    assert isinstance(event.before, dict) and event.before["model"] == "other"
    assert event.before["suggestions"] == [[0, 3, "bug", "model:other", 0.7]]


def test_rejecting_by_filter_leaves_the_others_open(store: Store, many: Project) -> None:
    do(store, many, "reject", hits(store, many, least=0.0, most=0.5))
    assert all(hit.span.score is not None and hit.span.score > 0.5 for hit in hits(store, many))
    assert all(spans == [] for spans in marked(store, many).values())


def test_undo_and_redo_turn_the_whole_action(store: Store, many: Project) -> None:
    before = marked(store, many)
    bulk = do(store, many, "accept", hits(store, many))
    after = marked(store, many)
    undone = finish(store, store.turn_bulk(bulk.id, "undo", by="max"), by="max")
    assert undone.outcomes == {"undone": 7} and marked(store, many) == before
    assert {store.open_for_labelling(pk).status for pk in store.document_ids(many.id)} == {"new"}
    again = finish(store, store.turn_bulk(bulk.id, "redo", by="max"), by="max")
    assert again.outcomes == {"done": 7} and marked(store, many) == after
    assert store.rebuild_labels(many.id) == 0


def test_a_document_changed_after_the_preview_is_left_alone(store: Store, many: Project) -> None:
    found = hits(store, many)
    third = store.document_ids(many.id)[2]
    store.record(third, 0, "max", Edit("add", (Span(0, 3, "bug"),)))
    bulk = do(store, many, "accept", found)
    assert bulk.outcomes == {"done": 6, "changed": 1}
    assert store.bulk_documents(bulk.id, "changed") == [(third, "d2")]
    assert marked(store, many)[third] == [(0, 3, "bug")]


def test_undo_leaves_what_others_changed_since_and_says_which(store: Store, many: Project) -> None:
    bulk = do(store, many, "accept", hits(store, many))
    touched = store.document_ids(many.id)[4]
    store.record(touched, 1, "max", Edit("remove", (Span(4, 11, "feature"),)))
    undone = finish(store, store.turn_bulk(bulk.id, "undo", by="eva"))
    assert undone.outcomes == {"undone": 6, "kept": 1}
    assert store.bulk_documents(bulk.id, "kept") == [(touched, "d4")]
    assert marked(store, many)[touched] == [(12, 17, "bug")]
    store.record(touched, 2, "max", Edit("undo"))
    assert finish(store, store.turn_bulk(bulk.id, "undo", by="eva")).outcomes == {"undone": 7}


def test_undoing_it_in_one_document_first_is_no_conflict(store: Store, many: Project) -> None:
    bulk = do(store, many, "accept", hits(store, many))
    first = store.document_ids(many.id)[0]
    found = store.bulk_to_turn(first, "undo")
    assert found is not None and found.id == bulk.id
    store.record(first, 1, "eva", Edit("undo"))
    assert finish(store, store.turn_bulk(bulk.id, "undo", by="eva")).outcomes == {"undone": 7}
    assert [verb for pk, verb, _ in events_of(store, many) if pk == first] == ["accept", "undo"]
    again = store.bulk_to_turn(first, "redo")
    assert again is not None and again.id == bulk.id


def test_an_undo_in_a_document_without_such_an_action_belongs_to_none(store: Store, many: Project) -> None:
    first = store.document_ids(many.id)[0]
    assert store.bulk_to_turn(first, "undo") is None
    do(store, many, "accept", hits(store, many))
    store.record(first, 1, "eva", Edit("add", (Span(0, 3, "bug"),)))
    assert store.bulk_to_turn(first, "undo") is None


def test_an_action_that_was_interrupted_goes_on_where_it_stopped(store: Store, many: Project, url: str) -> None:
    bulk = store.begin_bulk(many.id, "accept", hits(store, many), by="eva")
    assert store.run_bulk(bulk.id, by="eva", size=2).outcomes == {"waiting": 5, "done": 2}
    other = Store(url)
    assert finish(other, other.bulk(bulk.id)).outcomes == {"done": 7}
    other.close()
    assert [verb for _, verb, _ in events_of(store, many)] == ["accept"] * 7


def test_two_that_go_on_with_the_same_action_do_nothing_twice(store: Store, many: Project) -> None:
    bulk = store.begin_bulk(many.id, "accept", hits(store, many), by="eva")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: finish(store, store.bulk(bulk.id), size=1), range(4)))
    assert store.bulk(bulk.id).outcomes == {"done": 7}
    assert [verb for _, verb, _ in events_of(store, many)] == ["accept"] * 7


def test_undoing_an_action_half_done_stops_the_other_half(store: Store, many: Project) -> None:
    bulk = store.begin_bulk(many.id, "accept", hits(store, many), by="eva")
    store.run_bulk(bulk.id, by="eva", size=3)
    undone = finish(store, store.turn_bulk(bulk.id, "undo", by="eva"))
    assert undone.outcomes == {"undone": 3, "changed": 4}
    assert all(spans == [] for spans in marked(store, many).values())


def test_a_piece_is_found_as_a_word_in_any_case_where_it_is_not_marked_yet(store: Store, many: Project) -> None:
    first = store.document_ids(many.id)[0]
    store.record(first, 0, "eva", Edit("add", (Span(4, 11, "feature"),)))
    found = [hit for hit in store.piece_hits(many.id, Piece("battery", "feature")) if hit.document_id == first]
    assert [(hit.text, hit.span.start) for hit in found] == [("Battery", 23), ("battery", TEXT.rindex("battery"))]
    assert all(f"{TEXT} 0"[hit.span.start : hit.span.end] == hit.text for hit in found)
    case = Piece("battery", "feature", match_case=True, document_id=first)
    assert [hit.span.start for hit in store.piece_hits(many.id, case)] == [TEXT.rindex("battery")]
    part = Piece("battery", "bug", whole_words=False, document_id=first)
    assert len(list(store.piece_hits(many.id, part))) == 4


def test_a_piece_with_other_letters_is_found_in_any_case(store: Store) -> None:
    project = store.create_project("p", TASK)
    store.add_documents(project.id, [Document("a", "über ÜBER 100 % _x"), Document("b", "nothing")], source="f")
    assert [hit.text for hit in store.piece_hits(project.id, Piece("Über", "bug"))] == ["über", "ÜBER"]
    assert [hit.text for hit in store.piece_hits(project.id, Piece("%", "bug"))] == ["%"]
    assert list(store.piece_hits(project.id, Piece("", "bug"))) == []


def test_every_place_of_a_piece_is_marked_at_once_but_those_unticked(store: Store, many: Project) -> None:
    found = list(store.piece_hits(many.id, Piece("battery", "bug")))
    bulk = do(store, many, "add", found[1:])
    assert bulk.outcomes == {"done": 7} and bulk.spans == 20
    assert sum(map(len, marked(store, many).values())) == 20
    assert [one.id for one in store.bulks(many.id)] == [bulk.id]
    finish(store, store.turn_bulk(bulk.id, "undo", by="eva"))
    assert sum(map(len, marked(store, many).values())) == 0


def test_nothing_ticked_and_foreign_documents_are_sentences(store: Store, many: Project, project: Project) -> None:
    with pytest.raises(BadInput, match="nothing to do"):
        store.begin_bulk(many.id, "accept", [], by="eva")
    with pytest.raises(NotFound, match="in this project"):
        store.begin_bulk(project.id, "accept", hits(store, many), by="eva")
    with pytest.raises(NotFound, match="no action 99"):
        store.run_bulk(99, by="eva")
    with pytest.raises(NotFound, match="no action 99"):
        store.turn_bulk(99, "undo", by="eva")


def test_an_action_in_a_persons_own_layer_leaves_the_shared_labels_alone(store: Store, many: Project) -> None:
    found = list(store.suggestion_hits(many.id, SuggestionFilter(), layer="eva"))
    bulk = finish(store, store.begin_bulk(many.id, "accept", found, by="eva", layer="eva"))
    assert bulk.outcomes == {"done": 7}
    assert all(spans == [] for spans in marked(store, many).values())
    assert store.layers(many.id)[0].documents == 7


def test_an_action_leaves_what_is_labelled_blindly_alone(store: Store, many: Project) -> None:
    blind = store.document_ids(many.id)[0]
    store.give(many.id, [blind], ["ana", "ben"], is_blind=True)
    found = list(store.suggestion_hits(many.id, SuggestionFilter()))
    bulk = finish(store, store.begin_bulk(many.id, "accept", found, by="eva"))
    assert bulk.outcomes["changed"] == 1
    assert store.open_for_labelling(blind).document.spans == ()
