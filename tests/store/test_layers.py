import pytest
from sqlalchemy import make_url, text

from tokapp.documents import Span
from tokapp.errors import BadInput, StaleRevision
from tokapp.store import SHARED, Edit, Labelling, Layer, Project, Store, database

BATTERY = Span(4, 11, "feature")
LASTS = Span(12, 17, "bug")


def record(store: Store, edit: Edit, layer: str, document: int = 1) -> Labelling:
    seen = store.open_for_labelling(document, layer=layer).revision
    return store.record(document, seen, layer or "eva", edit, layer=layer)


def test_nobody_sees_what_another_marks(store: Store, project: Project) -> None:
    record(store, Edit("add", (BATTERY,)), "ana")
    record(store, Edit("add", (LASTS,)), "ben")
    record(store, Edit("submit"), "ben")
    seen = {layer: store.open_for_labelling(1, layer=layer) for layer in ("ana", "ben", SHARED)}
    assert [one.document.spans for one in seen.values()] == [(BATTERY,), (LASTS,), ()]
    assert [(one.status, one.revision, one.layer) for one in seen.values()] == [
        ("started", 1, "ana"),
        ("labelled", 2, "ben"),
        ("new", 0, SHARED),
    ]
    assert seen["ben"].document.is_reviewed
    [row] = [row for row in store.documents(project.id) if row.id == 1]
    assert (row.status, row.spans, row.label) == ("new", 0, None)


def test_undo_stays_in_its_layer(store: Store, project: Project) -> None:
    for layer in ("ana", SHARED):
        record(store, Edit("add", (BATTERY,)), layer)
    assert record(store, Edit("undo"), "ana").document.spans == ()
    assert store.open_for_labelling(1).document.spans == (BATTERY,)
    assert record(store, Edit("redo"), "ana").document.spans == (BATTERY,)
    assert [event.verb for event in store.events(1, "ana")] == ["add", "undo", "redo"]
    assert [(event.verb, event.layer) for event in store.events(1)] == [("add", SHARED)]


def test_revisions_and_tokens_count_per_layer(store: Store, project: Project) -> None:
    for layer in ("ana", "ben"):
        assert store.record(1, 0, layer, Edit("add", (BATTERY,), token="t1"), layer=layer).revision == 1
    with pytest.raises(StaleRevision):
        store.record(1, 0, "ana", Edit("submit"), layer="ana")
    assert store.record(1, 0, "ana", Edit("add", (BATTERY,), token="t1"), layer="ana").revision == 1


def test_a_layer_that_cannot_be_kept_is_a_sentence(store: Store, project: Project) -> None:
    with pytest.raises(BadInput, match="at most 200 characters"):
        store.record(1, 0, "ana", Edit("submit"), layer="a" * 201)


def test_who_has_a_layer_and_what_is_in_it(store: Store, project: Project) -> None:
    record(store, Edit("add", (BATTERY,)), "ana")
    record(store, Edit("submit"), "ana")
    record(store, Edit("skip"), "ana", document=2)
    record(store, Edit("submit"), "ben")
    assert store.layers(project.id) == [Layer("ana", 2, 1), Layer("ben", 1, 1)]
    found = list(store.layer_documents(project.id, "ana", batch=1))
    assert [(pk, one.spans, one.is_reviewed, status) for pk, one, status in found] == [
        (1, (BATTERY,), True, "labelled"),
        (2, (), False, "skipped"),
    ]
    assert [(one.person, one.status) for one in store.versions(2)] == [("ana", "skipped")]
    assert [[one.person for one in versions] for versions in store.to_adjudicate(project.id)] == [["ana", "ben"]]


def test_labels_of_a_layer_are_not_gold(store: Store, project: Project) -> None:
    record(store, Edit("submit"), SHARED)
    record(store, Edit("add", (BATTERY,)), "ana")
    record(store, Edit("submit"), "ana", document=2)
    assert [(one.id, one.spans) for one in store.gold(project.id)] == [("r1", ())]
    frozen = store.snapshot(project.id)
    record(store, Edit("add", (LASTS,)), SHARED)
    assert [one.spans for side in store.training_set(frozen.id).values() for one in side] == [()]


def test_layers_are_rebuilt_from_their_events(store: Store, project: Project) -> None:
    record(store, Edit("add", (BATTERY,)), "ana")
    record(store, Edit("submit"), SHARED)
    with store._writing() as session:
        session.execute(text("UPDATE labellings SET spans = '[]' WHERE layer = 'ana'"))
    assert store.rebuild_labels(project.id) == 1
    assert store.open_for_labelling(1, layer="ana").document.spans == (BATTERY,)
    assert store.rebuild_labels(project.id) == 0


def test_labels_from_before_layers_are_the_shared_ones(url: str) -> None:
    engine = database._create(make_url(url))
    database.upgrade(engine, "0002")
    moment = "'2026-01-02 03:04:05'"
    with database.writing(engine).begin() as connection:
        for statement in (
            f"INSERT INTO projects (id, name, seed, is_sample, created) VALUES (1, 'old', 'old', false, {moment})",
            "INSERT INTO tasks (id, project_id, name, title, part, view, noun, description) "
            "VALUES (1, 1, 'reviews', 'Reviews', 'text', 'plain', 'review', '')",
            "INSERT INTO labels (task_id, kind, position, name, color, key, description) "
            "VALUES (1, 'span', 0, 'feature', '#112233', '', '')",
            "INSERT INTO documents (id, project_id, external_id, hash, source, group_name, split, preview, status, "
            f"revision, spans, label, created, updated) VALUES (1, 1, 'r1', 'h', 'f', 'h', 'train', 'The', 'labelled', "
            f"2, 1, NULL, {moment}, {moment})",
            "INSERT INTO contents (document_id, text, contexts, meta) VALUES (1, 'The battery', '[]', '{}')",
            "INSERT INTO annotation_events (document_id, revision, by_name, at, verb, before, after, token) VALUES "
            f"(1, 1, 'eva', {moment}, 'add', '{{\"spans\": [], \"status\": \"new\"}}', "
            '\'{"spans": [[4, 11, "feature", "person:eva"]], "status": "started"}\', \'t1\'), '
            f"(1, 2, 'eva', {moment}, 'submit', '{{\"status\": \"started\"}}', '{{\"status\": \"labelled\"}}', NULL)",
            "INSERT INTO labellings (document_id, revision, spans, settled, undo, redo) VALUES "
            "(1, 2, '[[4, 11, \"feature\", \"person:eva\"]]', '[]', '[1, 2]', '[]')",
        ):
            connection.exec_driver_sql(statement)
    engine.dispose()
    store = Store(url)
    opened = store.open_for_labelling(1)
    assert (opened.status, opened.revision, opened.document.spans) == ("labelled", 2, (BATTERY,))
    assert [event.layer for event in store.events(1)] == [SHARED, SHARED]
    assert store.rebuild_labels(1) == 0
    assert store.record(1, 2, "eva", Edit("undo")).status == "started"
    store.close()
