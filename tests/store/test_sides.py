"""Nothing that is judged on is learnt from: groups and copies stay on one side, in whatever order they come."""

from __future__ import annotations

import shutil
from importlib import import_module
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import text

from tests.store.conftest import TASK
from tokapp.documents import Document, Span
from tokapp.evaluation.splits import components, group_of, likeness, without_leaks
from tokapp.store import DocumentFilter, Edit, Order, Project, Store

ORDER = ("train", "validation", "test")
pieces = some.lists(
    some.tuples(some.sampled_from("abcdefgh"), some.sampled_from(["", "", "g1", "g2", "g3", "g4"]), some.booleans()),
    min_size=1,
    max_size=14,
)


def document(number: int, word: str, group: str, is_loud: bool) -> Document:
    """A text that has copies which differ in case and blanks alone."""
    body = f"  THE {word.upper()} \N{LATIN SMALL LIGATURE FI}lm " if is_loud else f"the {word} film"
    meta = {"group": group} if group else {}
    return Document(f"{number}", body + " " * number, meta=meta, spans=(Span(0, 5, "bug"),), is_reviewed=True)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=some.lists(pieces, min_size=1, max_size=3))
def test_copies_and_groups_never_leak_into_training(
    batches: list[list[tuple[str, str, bool]]], migrated_sqlite: Path, tmp_path: Path
) -> None:
    shutil.copy(migrated_sqlite, tmp_path / "leaks.db")
    store = Store(f"sqlite:///{tmp_path / 'leaks.db'}")
    project, number, before = store.create_project("p", TASK), 0, dict[int, str]()
    for batch in batches:
        documents = [document(number + at, *one) for at, one in enumerate(batch)]
        number += len(batch)
        store.add_documents(project.id, documents, source="f", batch=3)
        now = {row.id: row.split for row in store.documents(project.id, limit=100)}
        assert {pk: now[pk] for pk in before} == before, "no document moves as others come in"
        before = dict(now)
    sides = store.training_set(store.snapshot(project.id).id) if set(before) - set(store.straddling(project.id)) else {}
    for key in (group_of, likeness):
        for place, side in enumerate(ORDER):
            later = {key(one) for pk, one in store.iterate_documents(project.id) if before[pk] in ORDER[place + 1 :]}
            assert not later & {key(one) for one in sides.get(side, ())}
    store.close()


def test_copies_without_a_group_go_to_one_side_and_all_are_learnt_from(store: Store, project: Project) -> None:
    texts = [form(f"Text number {at}") for at in range(30) for form in (str, str.upper, lambda one: f" {one}\n")]
    store.add_documents(project.id, [Document(str(at), one) for at, one in enumerate(texts)], source="f", batch=7)
    rows = store.documents(project.id, DocumentFilter(source="f"), limit=100)
    assert len({(int(row.external_id) // 3, row.split) for row in rows}) == 30
    assert store.straddling(project.id) == []


def test_answers_to_the_same_passages_and_mails_of_a_thread_belong_together() -> None:
    one, other = (Document(name, name, question=name, contexts=("Some Passage",)) for name in "ab")
    assert group_of(one) == group_of(other) != group_of(Document("c", "c", contexts=("another",)))
    first = Document("m1", "Hi", meta={"message-id": "<a@x>"})
    reply = Document("m2", "Re", meta={"message-id": "<b@x>", "in-reply-to": "<a@x>"})
    third = Document("m3", "Re", meta={"message-id": "<c@x>", "in-reply-to": "<b@x>", "references": "<a@x> <b@x>"})
    assert group_of(first) == group_of(reply) == group_of(third)
    assert components([first, Document("m4", "HI"), reply, Document("m5", "alone")]) == [0, 0, 0, 1]


def test_a_file_that_is_trained_on_beside_a_project_brings_nothing_that_is_judged_on() -> None:
    held_out = [Document("h", "The Film", meta={"group": "g1"})]
    train = [Document("a", "the  film"), Document("b", "new", meta={"group": "g1"}), Document("c", "another film")]
    assert without_leaks(train, held_out) == train[2:]


def test_an_older_database_learns_who_is_a_copy_of_whom(store: Store, project: Project) -> None:
    """What the migration does to rows from before copies were known."""
    migration = import_module("tokapp.store.migrations.versions.0014_copies_and_judged_documents")
    store.add_documents(project.id, [Document("p", "An answer", contexts=("passage",))], source="f")
    with store._engine.begin() as connection:
        expected = connection.execute(text("SELECT id, likeness, group_name, split FROM documents ORDER BY id")).all()
        connection.execute(text("UPDATE documents SET likeness = '', group_name = hash"))
        migration._fill(connection)
        assert (
            connection.execute(text("SELECT id, likeness, group_name, split FROM documents ORDER BY id")).all()
            == expected
        )


def test_only_what_was_drawn_before_anybody_began_counts_as_drawn(store: Store, project: Project) -> None:
    documents = [Document(f"n{at}", f"new {at}", is_reviewed=at % 2 > 0) for at in range(60)]
    store.add_documents(project.id, documents, source="f")
    from_file = store.document_ids(project.id, DocumentFilter(status="labelled", split="test"))
    queued = store.queue(project.id, Order("random"), limit=99)
    drawn = next(one.document for one in queued if one.document.split == "test")
    for pk in (from_file[0], drawn.id, drawn.id):
        store.mark_drawn(pk, "ana")
    store.record(drawn.id, 0, "ben", Edit("submit"))
    found = store.origins(project.id, "test")
    assert sorted([*from_file, drawn.id]) == list(found)
    assert [(pk, one.by) for pk, one in found.items() if one.is_drawn] == [(drawn.id, "ben")]


def test_test_figures_are_kept_and_a_second_score_is_noted(store: Store, project: Project) -> None:
    store.add_documents(project.id, [Document("l", "labelled", is_reviewed=True)], source="f")
    store.add_model("m", TASK.name, project_id=project.id)
    snapshot = store.snapshot(project.id).id
    store.keep_score("m", snapshot, {"span_exact_f1": 0.5}, by="training")
    assert not any("again" in one.text for one in store.activity())
    store.keep_score("m", snapshot, {"span_exact_f1": 0.6}, by="ana")
    assert [one.figures["span_exact_f1"] for one in store.test_scores("m", snapshot)] == [0.5, 0.6]
    assert any("scored m on the test part of snapshot 1 again (time 2)" in one.text for one in store.activity())
