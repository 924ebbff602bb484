"""Actions on many documents from the label page: what a person is told, and undo in the editor as one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tokapp.documents import Document, Span
from tokapp.store import Bulk, Edit, Piece, Store
from tokapp.tasks import load_task
from tokapp.ui import bulk_work
from tokapp.ui.labelling import store_submission
from tokapp.ui.ledger import Ledger
from tokapp.ui.span_editor import Entry, Submission

TEXT = "The search bar is slow"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path / 'tokapp.db'}")
    project = opened.create_project("Reviews", load_task("reviews"))
    opened.add_documents(project.id, [Document(f"r{at}", f"{TEXT} {at}") for at in range(4)], source="test")
    yield opened
    opened.close()


def mark_all(store: Store, ledger: Ledger, *, by: str = "ann") -> Bulk:
    first = store.open_for_labelling(1)
    hits = list(store.piece_hits(1, Piece("search bar", "feature")))
    return bulk_work.start(store, first, "add", hits, ledger, by=by)


def press(store: Store, ledger: Ledger, verb: str, number: int, *, seen: int, by: str = "ann") -> dict[str, int | str]:
    """As if the browser had sent that key of document 1."""
    edit = Edit(verb, token=f"{number:032x}")  # type: ignore[arg-type]  # undo or redo
    store_submission(store, Submission(entries=(Entry(1, seen, len(f"{TEXT} 0"), edit),)), ledger, by=by)
    return ledger.answers


def marked(store: Store) -> list[int]:
    return [len(store.open_for_labelling(pk).document.spans) for pk in store.document_ids(1)]


def test_an_undo_in_the_editor_takes_ones_own_action_back_everywhere(store: Store) -> None:
    ledger = Ledger()
    bulk = mark_all(store, ledger)
    assert (marked(store), ledger.bulk, ledger.own[1]) == ([1, 1, 1, 1], bulk.id, {1})
    assert press(store, ledger, "undo", 1, seen=1) == {f"{1:032x}": 2}
    assert marked(store) == [0, 0, 0, 0]
    press(store, ledger, "redo", 2, seen=2)
    assert marked(store) == [1, 1, 1, 1]


def test_a_repeated_undo_takes_nothing_further_back(store: Store) -> None:
    mark_all(store, Ledger())
    store.record(1, 1, "ann", Edit("add", (Span(0, 3, "feature"),)))
    press(store, Ledger(), "undo", 1, seen=2)
    press(store, Ledger(), "undo", 1, seen=2)
    assert marked(store) == [1, 1, 1, 1]


def test_an_undo_of_what_somebody_else_did_everywhere_stays_in_the_document(store: Store) -> None:
    mark_all(store, Ledger(), by="ben")
    press(store, Ledger(), "undo", 1, seen=1, by="ann")
    assert marked(store) == [0, 1, 1, 1]


def test_a_person_is_told_what_was_done_and_what_was_left_alone(store: Store) -> None:
    ledger = Ledger()
    hits = list(store.piece_hits(1, Piece("search bar", "feature")))
    store.record(2, 0, "ben", Edit("add", (Span(0, 3, "feature"),)))
    bulk = bulk_work.start(store, store.open_for_labelling(1), "add", hits, ledger, by="ann")
    said = bulk_work.say(store, bulk, "review")
    assert said == ("ann marked 4 spans in 3 reviews. Changed by somebody before it could be done, and left alone: r1.")
    store.record(3, 1, "ben", Edit("add", (Span(0, 3, "feature"),)))
    undone = bulk_work.turn(store, bulk, "undo", store.open_for_labelling(1), ledger, by="ann")
    said = bulk_work.say(store, undone, "review")
    assert said.startswith("ann marked 4 spans; undone in 2 reviews. Changed since and not undone: r2.")


def test_more_than_a_person_waits_for_is_left_to_a_worker(store: Store) -> None:
    more = [Document(f"x{at}", f"{TEXT}, number {at}") for at in range(bulk_work.AT_ONCE)]
    store.add_documents(1, more, source="test")
    bulk = mark_all(store, Ledger())
    assert bulk.outcomes == {"waiting": bulk_work.AT_ONCE + 4}
    [job] = store.jobs(1, "bulk")
    assert (job.state, job.payload) == ("queued", {"bulk": bulk.id, "by": "ann", "turn": 0})
    assert "still to do" in bulk_work.say(store, bulk, "review")
