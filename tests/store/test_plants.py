"""Planted checks: off by default, the same again, always marked, never gold."""

import pytest
from sqlalchemy import text

from tests.store.conftest import TASK
from tests.store.test_layers import record
from tokapp.documents import Document, Prediction, Span
from tokapp.errors import BadInput, NotFound
from tokapp.evaluation.planting import is_planted
from tokapp.store import SHARED, Edit, Labelling, Project, Store

TEXT = "I liked the dark mode but the playlist of my phone crashed, number"
DARK = Span(TEXT.index("dark"), TEXT.index("dark") + 9, "feature", 0.9, "model:m1")


@pytest.fixture
def checked(store: Store) -> Project:
    """A project of a few documents, in some of which something is planted."""
    return checked_project(store, 80)


def checked_project(store: Store, documents: int) -> Project:
    """A project of documents with a suggestion each, in a tenth of which something may be planted."""
    made = store.create_project("checked", TASK)
    store.add_documents(made.id, [Document(f"r{at}", f"{TEXT} {at}", "reviews") for at in range(documents)], source="x")
    store.add_model("m1", "reviews", is_built_in=True)
    store.promote("m1", by="eva")
    pks = store.document_ids(made.id)
    store.add_predictions(made.id, "m1", [(pk, Prediction(f"r{pk}", "m1", (DARK,))) for pk in pks])
    store.choose_check_share(made.id, 0.1, "eva")
    return made


def opened(store: Store, project: Project) -> dict[int, Span]:
    """The planted suggestions that are shown, by document."""
    shown = {pk: store.open_for_labelling(pk).suggestions for pk in store.document_ids(project.id)}
    return {pk: one for pk, found in shown.items() for one in found if is_planted(one)}


def first(store: Store, project: Project) -> tuple[int, Span]:
    return next(iter(opened(store, project).items()))


def decide(store: Store, pk: int, verb: str, *spans: Span) -> Labelling:
    """As a browser sends it: nothing but places and labels."""
    return record(store, Edit(verb, tuple(Span(*one.key) for one in spans)), SHARED, document=pk)  # type: ignore[arg-type]


def test_nothing_is_planted_unless_somebody_chose_so(store: Store, checked: Project) -> None:
    store.choose_check_share(checked.id, 0.0, "eva")
    assert store.check_share(checked.id).by == "eva"
    assert opened(store, checked) == {}
    assert store.check_share(99).share == 0.0


@pytest.mark.parametrize("share", [-0.01, 0.11, 1.0])
def test_at_most_a_tenth_is_planted(share: float, store: Store, checked: Project) -> None:
    with pytest.raises(BadInput, match="0 to 10%"):
        store.choose_check_share(checked.id, share, "eva")
    with pytest.raises(NotFound):
        store.choose_check_share(99, 0.1, "eva")


def test_plants_are_the_same_again_and_spare_what_figures_are_computed_on(store: Store) -> None:
    checked = checked_project(store, 400)
    found = opened(store, checked)
    train = [row for row in store.documents(checked.id, limit=400) if row.split == "train"]
    assert 0.04 * len(train) < len(found) < 0.18 * len(train)
    assert set(found) <= {row.id for row in train}
    assert opened(store, checked) == found
    with store._writing() as session:
        session.execute(text("DELETE FROM planted_suggestions"))
    assert opened(store, checked) == found


def test_a_planted_suggestion_takes_the_place_of_what_it_meets_until_it_is_decided_on(
    store: Store, checked: Project
) -> None:
    found = opened(store, checked)
    pk, plant = next((pk, one) for pk, one in found.items() if one.overlaps(DARK))
    assert store.open_for_labelling(pk).suggestions == (plant,)
    assert decide(store, pk, "reject", plant).suggestions == (DARK,)
    assert store.open_for_labelling(pk, layer="ben").suggestions == (plant,)
    store.choose_check_share(checked.id, 0.0, "eva")
    assert store.open_for_labelling(pk, layer="ben").suggestions == (DARK,)


@pytest.mark.parametrize("verb", ["accept", "add"])
def test_an_accepted_plant_is_marked_and_its_document_is_no_gold(verb: str, store: Store, checked: Project) -> None:
    pk, plant = first(store, checked)
    shown = decide(store, pk, verb, plant)
    assert [one.key for one in shown.document.spans] == [plant.key] and is_planted(shown.document.spans[0])
    decide(store, pk, "submit")
    other = next(row.id for row in store.documents(checked.id) if row.id not in opened(store, checked) and row.id != pk)
    decide(store, other, "accept", DARK)
    decide(store, other, "submit")
    assert store.planted_standing(checked.id) == [pk]
    assert [one.spans for one in store.gold(checked.id)] == [(DARK,)]
    everything = {one.id: one for one in store.gold(checked.id, labelled_only=False)}
    [(_, unfinished)] = store.load_documents([pk])
    assert unfinished.spans == () and not unfinished.is_reviewed and everything[unfinished.id] == unfinished
    frozen = store.snapshot(checked.id)
    assert sum(frozen.counts.values()) == 1
    assert [one.spans for side in store.training_set(frozen.id).values() for one in side] == [(DARK,)]


def test_the_mark_survives_undo_redo_restore_and_a_share_that_was_set_back(store: Store, checked: Project) -> None:
    pk, plant = first(store, checked)
    store.choose_check_share(checked.id, 0.0, "eva")
    decide(store, pk, "accept", plant)
    for edit in (Edit("undo"), Edit("redo"), Edit("restore", revision=0), Edit("restore", revision=1)):
        record(store, edit, SHARED, document=pk)
    assert [is_planted(one) for one in store.open_for_labelling(pk).document.spans] == [True]
    assert store.rebuild_labels(checked.id) == 0


def test_what_a_person_makes_of_a_plant_is_theirs(store: Store, checked: Project) -> None:
    pk, plant = first(store, checked)
    own = Span(0, 7, "bug")
    assert [one.origin for one in decide(store, pk, "move", plant, own).document.spans] == ["person:eva"]
    decide(store, pk, "submit")
    assert [one.spans for one in store.gold(checked.id)] == [(own,)]


def test_a_plant_that_was_right_after_all_can_be_marked_by_hand(store: Store, checked: Project) -> None:
    pk, plant = first(store, checked)
    decide(store, pk, "accept", plant)
    decide(store, pk, "remove", plant)
    assert [one.origin for one in decide(store, pk, "add", plant).document.spans] == ["person:eva"]


def test_plants_are_nobodys_word_when_people_are_compared(store: Store, checked: Project) -> None:
    pk, plant = first(store, checked)
    for layer in ("ana", "ben"):
        record(store, Edit("accept", (Span(*plant.key),)), layer, document=pk)
        record(store, Edit("submit"), layer, document=pk)
    assert [one.document.spans for one in store.versions(pk)] == [(), ()]
    decide(store, pk, "accept", plant)
    decide(store, pk, "submit")
    store.record(pk, 2, "ben", Edit("reopen"))
    store.record(pk, 3, "ben", Edit("submit"))
    assert {one.spans for one in store.finished_versions(checked.id)} == {()}


def test_the_ledger_tells_plants_from_suggestions(store: Store, checked: Project) -> None:
    found = list(opened(store, checked).items())
    (one, plant), (other, second) = found[:2]
    decide(store, one, "accept", plant)
    decide(store, other, "reject", second)
    kept = {pk: (by.outcome, by.planted) for by in store.decisions(checked.id) for pk in [by.document_id]}
    assert kept == {
        one: ("accepted", plant.origin.removeprefix("planted:")),
        other: ("rejected", second.origin.removeprefix("planted:")),
    }


def test_a_document_that_somebody_began_gets_no_plant(store: Store, checked: Project) -> None:
    pk, _ = first(store, checked)
    with store._writing() as session:
        session.execute(text("DELETE FROM planted_suggestions"))
    store.record(pk, 0, "eva", Edit("add", (Span(0, 7, "bug"),)))
    assert not any(is_planted(one) for one in store.open_for_labelling(pk).suggestions)
