"""The ledger of suggestions: what counts as accepted, edited and rejected, and what undoing does to it."""

import pytest

from tests.store.test_layers import record
from tokapp.documents import Prediction, Span
from tokapp.store import SHARED, Edit, Project, Store

BATTERY, LASTS = Span(4, 11, "feature", 0.9, "model:m1"), Span(12, 17, "bug", 0.4, "model:m1")
MOVED = Span(0, 11, "feature")


@pytest.fixture
def predicted(store: Store, project: Project) -> Store:
    store.add_model("m1", "reviews", is_built_in=True)
    store.promote("m1", by="eva")
    store.add_predictions(project.id, "m1", [(pk, Prediction(f"r{pk}", "m1", (BATTERY, LASTS))) for pk in (1, 2)])
    return store


def ledger(store: Store) -> list[tuple[str, str, str, float | None, str]]:
    return [(one.by, one.label, one.outcome, one.score, one.model) for one in store.decisions(1)]


def plain(*spans: Span) -> tuple[Span, ...]:
    """As a browser sends them."""
    return tuple(Span(*one.key) for one in spans)


def test_each_decision_has_person_label_model_and_score(predicted: Store) -> None:
    record(predicted, Edit("accept", plain(BATTERY)), SHARED)
    record(predicted, Edit("reject", plain(LASTS)), SHARED)
    record(predicted, Edit("move", plain(BATTERY, MOVED)), SHARED, document=2)
    record(predicted, Edit("accept", plain(LASTS)), "ana", document=2)
    assert ledger(predicted) == [
        ("eva", "feature", "accepted", 0.9, "m1"),
        ("eva", "bug", "rejected", 0.4, "m1"),
        ("eva", "feature", "edited", 0.9, "m1"),
        ("ana", "bug", "accepted", 0.4, "m1"),
    ]


def test_what_is_undone_does_not_count_and_what_is_redone_does(predicted: Store) -> None:
    record(predicted, Edit("accept", plain(BATTERY)), SHARED)
    record(predicted, Edit("undo"), SHARED)
    assert ledger(predicted) == []
    record(predicted, Edit("redo"), SHARED)
    assert [one[2] for one in ledger(predicted)] == ["accepted"]
    record(predicted, Edit("restore", revision=0), SHARED)
    assert ledger(predicted) == []
    record(predicted, Edit("restore", revision=1), SHARED)
    assert [one[2] for one in ledger(predicted)] == ["accepted"]
    record(predicted, Edit("undo"), SHARED)
    assert ledger(predicted) == []


def test_to_accept_and_then_change_is_to_edit_and_to_remove_is_to_reject(predicted: Store) -> None:
    record(predicted, Edit("accept", plain(BATTERY, LASTS)), SHARED)
    record(predicted, Edit("move", plain(BATTERY, MOVED)), SHARED)
    record(predicted, Edit("remove", plain(LASTS)), SHARED)
    assert [one[1:3] for one in ledger(predicted)] == [("feature", "edited"), ("bug", "rejected")]
    record(predicted, Edit("undo"), SHARED)
    assert [one[1:3] for one in ledger(predicted)] == [("feature", "edited"), ("bug", "accepted")]
    record(predicted, Edit("undo"), SHARED)
    assert [one[1:3] for one in ledger(predicted)] == [("feature", "accepted"), ("bug", "accepted")]


def test_what_others_change_later_is_no_decision_on_the_suggestion(predicted: Store) -> None:
    record(predicted, Edit("accept", plain(BATTERY)), SHARED)
    seen = predicted.open_for_labelling(1).revision
    predicted.record(1, seen, "ben", Edit("remove", plain(BATTERY)))
    assert [one[:3] for one in ledger(predicted)] == [("eva", "feature", "accepted")]


def test_marking_by_hand_and_handing_in_decide_nothing(predicted: Store) -> None:
    record(predicted, Edit("add", (Span(0, 3, "bug"),)), SHARED)
    record(predicted, Edit("submit"), SHARED)
    assert ledger(predicted) == []


def test_the_newest_event_tells_when_there_is_more(predicted: Store, project: Project) -> None:
    assert predicted.newest_event(project.id) == 0
    record(predicted, Edit("accept", plain(BATTERY)), SHARED)
    first = predicted.newest_event(project.id)
    record(predicted, Edit("reject", plain(LASTS)), SHARED)
    assert predicted.newest_event(project.id) > first > 0
    assert predicted.newest_event(99) == 0 and predicted.decisions(99) == []


def called(store: Store, label: str | None, by: str = "eva") -> None:
    revision = store.open_for_labelling(3).revision
    store.record(3, revision, by, Edit("set_label", label=label))


def test_a_suggested_label_of_the_whole_document_counts_as_it_is_called_at_last(store: Store, project: Project) -> None:
    store.add_model("m1", "reviews", is_built_in=True)
    called(store, "praise")
    assert ledger(store) == [], "nothing was suggested yet"
    called(store, None)
    scores = {"praise": 0.8, "complaint": 0.2}
    store.add_predictions(1, "m1", [(3, Prediction("r3", "m1", (), document_scores=scores))])
    accepted, edited = (("eva", "praise", outcome, 0.8, "m1") for outcome in ("accepted", "edited"))
    called(store, "praise")
    assert ledger(store) == [accepted]
    called(store, "complaint")
    assert ledger(store) == [edited]
    called(store, "praise", by="ben")
    assert ledger(store) == [edited], "what others do afterwards is no decision on the suggestion"
    record(store, Edit("undo"), SHARED, document=3)
    record(store, Edit("undo"), SHARED, document=3)
    assert ledger(store) == [accepted]
    record(store, Edit("redo"), SHARED, document=3)
    assert ledger(store) == [edited]
    record(store, Edit("restore", revision=2), SHARED, document=3)
    assert ledger(store) == []
    record(store, Edit("restore", revision=3), SHARED, document=3)
    assert ledger(store) == [accepted]
    called(store, None)
    assert ledger(store) == []
