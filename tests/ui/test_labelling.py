"""Storing what the editor sends: once, in order, and never over somebody else's work. Real SQLite files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tokapp.documents import Document, Span
from tokapp.store import Edit, Store, Verb
from tokapp.tasks import load_task
from tokapp.ui.labelling import compare, keep_mine, new_edit, record, settle, store_submission
from tokapp.ui.ledger import Conflict, Ledger
from tokapp.ui.span_editor import Entry, Submission

TEXT = "The search bar is slow and dark mode is gone 🎉"
ONE, TWO, THREE = Span(4, 14, "feature"), Span(27, 36, "feature"), Span(0, 3, "feature")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path / 'tokapp.db'}")
    project = opened.create_project("reviews", load_task("reviews"))
    opened.add_documents(project.id, [Document("r1", TEXT), Document("r2", "Another review")], source="test")
    yield opened
    opened.close()


@pytest.fixture
def document(store: Store) -> int:
    return store.find_document(1, "r1")


def action(document: int, seen: int, verb: Verb, *spans: Span, length: int = len(TEXT)) -> Entry:
    return Entry(document, seen, length, Edit(verb, spans, token=uuid4().hex))


def send(store: Store, ledger: Ledger, *entries: Entry, spans: tuple[Span, ...] = (), by: str = "ann") -> list[Edit]:
    last = entries[-1].document
    submission = Submission(have=None, document=last, entries=entries, drawn={last: spans})
    return store_submission(store, submission, ledger, by=by)


def spans_of(store: Store, document: int) -> set[tuple[int, int, str]]:
    return {span.key for span in store.open_for_labelling(document).document.spans}


def test_actions_are_stored_in_order_and_answered_with_their_revisions(store: Store, document: int) -> None:
    ledger = Ledger()
    entries = [action(document, 0, "add", ONE), action(document, 1, "add", TWO), action(document, 2, "remove", ONE)]
    fresh = send(store, ledger, *entries)
    assert [edit.verb for edit in fresh] == ["add", "add", "remove"]
    assert [ledger.answers[one.edit.token] for one in entries] == [1, 2, 3]
    assert spans_of(store, document) == {TWO.key}


def test_an_action_that_is_sent_again_is_stored_once(store: Store, document: int) -> None:
    ledger = Ledger()
    first, second = action(document, 0, "add", ONE), action(document, 1, "add", TWO)
    send(store, ledger, first)
    assert [edit.token for edit in send(store, ledger, first, second)] == [second.edit.token]
    assert len(store.events(document)) == 2


def test_a_connection_that_was_lost_in_between_stores_nothing_twice(store: Store, document: int) -> None:
    first, second = action(document, 0, "add", ONE), action(document, 1, "add", TWO)
    send(store, Ledger(), first)
    fresh_connection = Ledger()
    send(store, fresh_connection, first, second)
    assert fresh_connection.answers == {first.edit.token: 1, second.edit.token: 2}
    assert len(store.events(document)) == 2


def test_somebody_elses_action_in_between_is_never_overwritten(store: Store, document: int) -> None:
    ledger = Ledger()
    send(store, ledger, action(document, 0, "add", ONE))
    store.record(document, 1, "bob", new_edit("add", spans=[TWO]))
    mine = (ONE, THREE)
    late = [action(document, 1, "add", THREE), action(document, 2, "remove", ONE)]
    assert send(store, ledger, *late, spans=mine) == []
    assert all(isinstance(ledger.answers[one.edit.token], str) for one in late)
    assert ledger.conflict == Conflict(document, mine, tuple(one.edit.token for one in late))
    assert spans_of(store, document) == {ONE.key, TWO.key}


def test_a_resent_action_does_not_hide_somebody_elses(store: Store, document: int) -> None:
    first, second = action(document, 0, "add", ONE), action(document, 1, "add", THREE)
    send(store, Ledger(), first)
    store.record(document, 1, "bob", new_edit("add", spans=[TWO]))
    ledger = Ledger()
    send(store, ledger, first, second, spans=(ONE, THREE))
    assert ledger.answers[first.edit.token] == 1
    assert isinstance(ledger.answers[second.edit.token], str)
    assert spans_of(store, document) == {ONE.key, TWO.key}


def test_what_was_drawn_upon_a_refused_action_is_refused_with_it_and_kept_as_mine(store: Store, document: int) -> None:
    ledger = Ledger()
    store.record(document, 0, "bob", new_edit("add", spans=[TWO]))
    first = action(document, 0, "add", ONE)
    send(store, ledger, first, spans=(ONE,))
    second = action(document, 1, "add", THREE)
    send(store, ledger, first, second, spans=(ONE, THREE))
    assert ledger.conflict is not None and ledger.conflict.mine == (ONE, THREE)
    assert set(ledger.conflict.refused) == {first.edit.token, second.edit.token}
    assert spans_of(store, document) == {TWO.key}


def test_who_chose_a_version_hears_no_refusal_afterwards(store: Store, document: int) -> None:
    """A choice that came before the browser had heard of the refusal left "not saved" on the screen for good."""
    ledger, mine = Ledger(), action(document, 0, "add", ONE)
    store.record(document, 0, "bob", new_edit("add", spans=[TWO]))
    send(store, ledger, mine, spans=(ONE,))
    stored = keep_mine(store, store.open_for_labelling(document), (ONE,), ledger, by="ann")
    settle(ledger, stored.revision)
    assert send(store, ledger, mine, spans=(ONE,)) == []
    assert ledger.answers == {mine.edit.token: stored.revision} and ledger.conflict is None
    assert spans_of(store, document) == {ONE.key}


def test_a_label_that_was_clicked_meanwhile_is_this_tabs_own_action(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'mails.db'}")
    project = store.create_project("mails", load_task("emails"))
    store.add_documents(project.id, [Document("m1", TEXT)], source="test")
    ledger, pk = Ledger(), store.find_document(project.id, "m1")
    record(store, store.open_for_labelling(pk), new_edit("set_label", label="ham"), ledger, by="ann")
    send(store, ledger, action(pk, 0, "add", Span(4, 10, "spam")))
    opened = store.open_for_labelling(pk)
    assert (opened.document.label, len(opened.document.spans), ledger.conflict) == ("ham", 1, None)
    store.close()


def test_an_action_that_changes_nothing_does_not_make_the_next_one_stale(store: Store, document: int) -> None:
    ledger = Ledger()
    again = [action(document, 0, "add", ONE), action(document, 1, "add", ONE), action(document, 2, "add", TWO)]
    send(store, ledger, *again)
    assert [ledger.answers[one.edit.token] for one in again] == [1, 1, 2]
    assert spans_of(store, document) == {ONE.key, TWO.key}


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (lambda pk: action(pk, 0, "add", Span(0, 999, "feature")), "ends after the text"),
        (lambda pk: action(pk, 0, "add", Span(0, 3, "<b>")), "has no label"),
        (lambda pk: action(pk, 0, "add", ONE, length=3), "characters"),
        (lambda pk: action(pk, 0, "remove", ONE), "no span"),
        (lambda pk: action(pk + 999, 0, "add", ONE), "document"),
    ],
)
def test_an_action_that_does_not_fit_is_answered_with_the_reason(store, document, entry, reason) -> None:  # type: ignore[no-untyped-def]
    ledger, one = Ledger(), entry(document)
    assert send(store, ledger, one) == []
    assert reason in str(ledger.answers[one.edit.token])
    assert store.events(document) == []


def test_answers_are_kept_only_as_long_as_the_browser_asks(store: Store, document: int) -> None:
    ledger = Ledger()
    send(store, ledger, action(document, 0, "add", ONE))
    second = action(document, 1, "add", TWO)
    send(store, ledger, second)
    assert set(ledger.answers) == {second.edit.token}


def test_both_versions_are_compared_span_by_span() -> None:
    difference = compare([ONE, TWO], [TWO, THREE])
    assert (difference.only_theirs, difference.only_mine) == ((ONE,), (THREE,))


def test_my_version_is_stored_as_actions_upon_theirs_and_can_be_undone(store: Store, document: int) -> None:
    store.record(document, 0, "bob", new_edit("add", spans=[ONE, TWO]))
    theirs = store.open_for_labelling(document)
    after = keep_mine(store, theirs, [TWO, THREE], Ledger(), by="ann")
    assert {span.key for span in after.document.spans} == {TWO.key, THREE.key}
    assert [event.verb for event in store.events(document)] == ["add", "remove", "add"]
    store.record(document, after.revision, "ann", new_edit("undo"))
    assert spans_of(store, document) == {TWO.key}
