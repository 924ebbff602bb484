"""Documents given to people, openly and blindly, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokapp.documents import Document, Span
from tokapp.errors import BadInput
from tokapp.store import SHARED, DocumentFilter, Edit, Labelling, Order, Project, Store
from tokapp.store.spreading import spread
from tokapp.store.team_values import Seat, Workload

BATTERY, LASTS = Span(4, 11, "feature"), Span(12, 17, "bug")


def act(store: Store, person: str, *edits: Edit, document: int = 1) -> Labelling:
    """What a person does in the layer in which the document opens for them."""
    for edit in edits:
        opened, seat = store.open_for(document, person)
        opened = store.record(document, opened.revision, person, edit, layer=seat.layer)
    return opened


def rule(store: Store, *edits: Edit, document: int = 1) -> Labelling:
    """What a reviewer does in the shared labels."""
    for edit in edits:
        seen = store.open_for_labelling(document).revision
        opened = store.record(document, seen, "eva", edit)
    return opened


def hand_in(store: Store, person: str, *spans: Span, document: int = 1) -> None:
    act(store, person, *([Edit("add", spans)] if spans else []), Edit("submit"), document=document)


@settings(deadline=None)
@given(st.integers(0, 60), st.integers(1, 7), st.data())
def test_everybody_gets_as_many_and_nobody_one_twice(documents: int, people: int, data: st.DataObject) -> None:
    copies = data.draw(st.integers(1, people))
    shares = spread(range(documents), [str(one) for one in range(people)], copies)
    load = Counter(person for chosen in shares.values() for person in chosen)
    assert list(shares) == list(range(documents))
    assert all(len(set(chosen)) == copies for chosen in shares.values())
    counts = [load[str(one)] for one in range(people)]
    assert max(counts) - min(counts) <= 1


def test_all_pairs_of_people_share_documents() -> None:
    shares = spread(range(12), ["a", "b", "c", "d"], 2)
    met = Counter(shares.values())
    assert met == dict.fromkeys(combinations("abcd", 2), 2)


def test_documents_are_given_evenly_and_counted(store: Store, project: Project) -> None:
    made = store.give(project.id, [3, 1, 2, 1, 99], ["ana", "ben"], copies=1, by="eva")
    assert (made.documents, made.people, made.left_out) == (3, (("ana", 2), ("ben", 1)), 1)
    assert store.workloads(project.id) == [Workload("ana", 2, 0, 0), Workload("ben", 1, 0, 0)]
    act(store, "ana", Edit("submit"), document=3)
    assert store.workloads(project.id)[0] == Workload("ana", 2, 1, 0)
    act(store, "ana", Edit("undo"), document=3)
    assert store.workloads(project.id)[0] == Workload("ana", 2, 0, 0)
    assert "gave 3 documents to ana, ben to label" in [one.text for one in store.activity()]


def test_what_was_given_comes_first_and_what_others_have_not_at_all(store: Store, project: Project) -> None:
    store.give(project.id, [3], ["ana"])
    store.give(project.id, [2], ["ben"])
    queues = {name: store.queue(project.id, Order(), person=name) for name in ("ana", "ben", "eva")}
    found = {name: [(one.document.id, one.is_mine) for one in queue] for name, queue in queues.items()}
    assert found == {"ana": [(3, True), (1, False)], "ben": [(2, True), (1, False)], "eva": [(1, False)]}
    assert [one.document.id for one in store.queue(project.id, Order())] == [1, 2, 3]
    assert store.next_to_label(project.id, person="ana") == 3
    assert store.next_to_label(project.id, after=3, person="ana") == 1
    assert store.next_in_queue(project.id, Order("random"), person="ben") == 2
    act(store, "ana", Edit("submit"), document=3)
    act(store, "ana", Edit("skip"), document=1)
    assert store.next_to_label(project.id, after=1, person="ana") is None


def test_the_random_share_holds_for_what_was_given_too(store: Store, project: Project) -> None:
    store.add_documents(project.id, [Document(f"n{at}", f"Text number {at}") for at in range(80)], source="more")
    ids = store.document_ids(project.id)
    store.save_ranking(project.id, "margin", [(pk, 0.5) for pk in ids])
    store.give(project.id, ids[:60], ["ana"])
    queue = store.queue(project.id, Order("margin", is_active=True, share=0.1), limit=40, person="ana")
    assert all(one.is_mine for one in queue)
    assert [at for at, one in enumerate(queue) if one.is_drawn] == [9, 19, 29, 39]
    assert all((one.document.split != "train") == one.is_drawn for one in queue)


def test_blind_versions_are_seen_by_nobody_else_before_all_have_handed_in(store: Store, project: Project) -> None:
    store.give(project.id, [1], ["ana", "ben"], is_blind=True)
    hand_in(store, "ana", BATTERY)
    act(store, "ben", Edit("add", (LASTS,)))
    seats = {name: store.seat(1, name) for name in ("ana", "ben", "eva")}
    assert [(one.layer, bool(one.closed)) for one in seats.values()] == [("ana", False), ("ben", False), (SHARED, True)]
    assert seats["eva"].closed.startswith("ana and ben label this without seeing each other.")
    opened = {name: store.open_for(1, name)[0].document.spans for name in seats}
    assert opened == {"ana": (BATTERY,), "ben": (LASTS,), "eva": ()}
    assert store.versions(1) == [] and store.finished_versions(project.id) == []
    assert list(store.to_adjudicate(project.id)) == []
    assert store.open_for_labelling(1).status == "new"
    assert [one.document.id for one in store.queue(project.id, Order(), person="ana")] == [2, 3]
    act(store, "ben", Edit("submit"))
    assert [(one.person, one.document.spans) for one in store.versions(1)] == [("ana", (BATTERY,)), ("ben", (LASTS,))]
    assert [(one.by, one.spans, one.is_blind) for one in store.finished_versions(project.id)] == [
        ("ana", (BATTERY,), True),
        ("ben", (LASTS,), True),
    ]
    assert store.workloads(project.id) == [Workload("ana", 1, 1, 1), Workload("ben", 1, 1, 1)]


def test_who_has_seen_the_others_version_cannot_change_their_own(store: Store, project: Project) -> None:
    store.give(project.id, [1], ["ana", "ben"], is_blind=True)
    hand_in(store, "ana", BATTERY)
    act(store, "ana", Edit("reopen"), Edit("submit"))  # nobody has seen anything yet
    hand_in(store, "ben")
    for edit in (Edit("undo"), Edit("reopen"), Edit("add", (LASTS,))):
        with pytest.raises(BadInput, match="Everybody has handed this in"):
            act(store, "ana", edit)
    assert store.open_for(1, "ana")[0].document.spans == (BATTERY,)


def test_two_who_hand_in_at_once_are_both_stored_and_then_closed(store: Store, project: Project) -> None:
    store.give(project.id, [1, 2, 3], ["ana", "ben"], is_blind=True)
    with ThreadPoolExecutor(6) as pool:
        pairs = [(pk, name) for pk in (1, 2, 3) for name in ("ana", "ben")]
        list(pool.map(lambda pair: hand_in(store, pair[1], BATTERY, document=pair[0]), pairs))
    assert all(one.is_ready and not one.is_decided for one in store.blind_rounds(project.id))
    assert len(store.finished_versions(project.id)) == 6


def test_what_a_reviewer_decides_becomes_gold_and_can_be_undone(store: Store, project: Project) -> None:
    store.give(project.id, [1], ["ana", "ben"], is_blind=True)
    hand_in(store, "ana", BATTERY)
    hand_in(store, "ben", LASTS)
    decided = rule(store, Edit("adjudicate", (BATTERY,), ruled=(BATTERY.key, LASTS.key)))
    assert (decided.status, decided.ruled) == ("started", {BATTERY.key, LASTS.key})
    assert store.ruled([1, 2]) == {1: decided.ruled}
    assert [one.person for one in store.versions_of([1, 2])] == ["ana", "ben"]
    assert rule(store, Edit("undo")).ruled == frozenset()
    assert rule(store, Edit("redo"), Edit("submit")).status == "labelled"
    assert [one.spans for one in store.gold(project.id)] == [(BATTERY,)]
    [found] = store.blind_rounds(project.id)
    assert found.is_decided and found.states == (("ana", "labelled"), ("ben", "labelled"))
    assert store.seat(1, "ana") == Seat()
    assert store.rebuild_labels(project.id) == 0
    rule(store, Edit("undo"))
    assert not store.blind_rounds(project.id)[0].is_decided
    assert store.seat(1, "ana").is_ready


def test_labels_from_before_stay_until_a_reviewer_begins(store: Store, project: Project) -> None:
    rule(store, Edit("add", (LASTS,)), Edit("submit"))
    store.give(project.id, [1], ["ana", "ben"], is_blind=True)
    assert store.open_for(1, "ana")[0].document.spans == ()
    for name in ("ana", "ben"):
        hand_in(store, name, BATTERY)
    assert [one.spans for one in store.gold(project.id)] == [(LASTS,)]
    assert not store.blind_rounds(project.id)[0].is_decided
    assert rule(store, Edit("adjudicate", (BATTERY,), ruled=(BATTERY.key,))).status == "started"
    assert rule(store, Edit("submit")).document.spans == (BATTERY,)
    assert store.blind_rounds(project.id)[0].is_decided
    restored = rule(store, Edit("restore", revision=2))
    assert (restored.document.spans, restored.ruled) == ((LASTS,), frozenset())


def test_a_round_goes_on_without_somebody_who_is_taken_out(store: Store, project: Project) -> None:
    store.give(project.id, [1, 2], ["ana", "ben", "cyn"], is_blind=True)
    hand_in(store, "ana", BATTERY)
    hand_in(store, "ben", LASTS)
    assert store.withdraw(project.id, "cyn", [1], by="eva") == 1
    assert store.seat(1, "cyn").closed and store.seat(1, "ana").is_ready
    assert store.withdraw(project.id, "cyn") == 1
    assert store.withdraw(project.id, "ana") == 1, "what was handed in stays"
    assert {one.document_id: [name for name, _ in one.states] for one in store.blind_rounds(project.id)} == {
        1: ["ana", "ben"],
        2: ["ben"],
    }


@pytest.mark.parametrize(
    ("first", "second", "left_out"),
    [
        pytest.param(False, True, 1, id="blindly what was given openly"),
        pytest.param(True, False, 1, id="openly what was given blindly"),
        pytest.param(False, False, 1, id="the same once more"),
    ],
)
def test_a_document_is_given_in_one_way(
    first: bool, second: bool, left_out: int, store: Store, project: Project
) -> None:
    store.give(project.id, [1], ["ana", "ben"], is_blind=first)
    assert store.give(project.id, [1], ["ana", "ben"], is_blind=second).left_out == left_out


def test_done_documents_are_given_blindly_only(store: Store, project: Project) -> None:
    rule(store, Edit("submit"))
    assert store.give(project.id, [1], ["ana"]).left_out == 1
    assert store.give(project.id, [1], ["ana", "ben"], is_blind=True).documents == 1
    for name in ("ana", "ben"):
        hand_in(store, name)
    assert store.give(project.id, [1], ["cyn", "dan"], is_blind=True).left_out == 1, "all have handed in"


@pytest.mark.parametrize(
    ("people", "copies", "is_blind", "says"),
    [
        ([], None, False, "choose the people"),
        (["ana", "ana"], None, False, "each once"),
        ([""], None, False, "choose the people"),
        (["ana"], 2, False, "1 to 1"),
        (["ana", "ben"], 0, False, "1 to 2"),
        (["ana"], None, True, "two people or more"),
        (["a" * 201], None, False, "at most 200"),
    ],
)
def test_what_cannot_be_given_is_a_sentence(
    people: list[str], copies: int | None, is_blind: bool, says: str, store: Store, project: Project
) -> None:
    with pytest.raises(BadInput, match=says):
        store.give(project.id, [1], people, copies=copies, is_blind=is_blind)


def test_documents_of_another_project_are_not_given(store: Store, project: Project) -> None:
    other = store.create_project("other", project.task)
    assert store.give(other.id, [1, 2], ["ana"]).documents == 0


def test_documents_are_found_by_whom_they_wait_for(store: Store, project: Project) -> None:
    store.give(project.id, [1, 2], ["ana"])
    store.give(project.id, [3], ["ana", "ben"], is_blind=True)
    act(store, "ana", Edit("submit"), document=1)
    hand_in(store, "ben", document=3)
    waits = {name: store.document_ids(project.id, DocumentFilter(person=name)) for name in ("ana", "ben", "eva")}
    assert waits == {"ana": [2, 3], "ben": [], "eva": []}
    assert store.count_documents(project.id, DocumentFilter(person="ana", status="new")) == 2
