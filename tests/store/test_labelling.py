from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tokapp.documents import Document, Prediction, Span
from tokapp.errors import BadInput, BadSpan, NotFound, StaleRevision, UnknownLabel
from tokapp.store import Edit, Labelling, Project, Store

BATTERY = Span(4, 11, "feature")
LASTS = Span(12, 17, "feature")


def record(store: Store, edit: Edit, by: str = "eva", document: int = 1) -> Labelling:
    return store.record(document, store.open_for_labelling(document).revision, by, edit)


def spans(labelling: Labelling) -> list[tuple[int, int, str]]:
    return [span.key for span in labelling.document.spans]


@pytest.fixture
def suggested(store: Store, project: Project) -> Project:
    """Document 1 with two suggestions."""
    found = (Span(4, 11, "feature", 0.9, "model:m"), Span(17, 22, "bug", 0.6, "model:m"))
    store.add_predictions(project.id, "m", [(1, Prediction("r1", "m", found, document_scores={"praise": 0.8}))])
    return project


def test_a_document_opens_with_nothing_said(store: Store, project: Project) -> None:
    opened = store.open_for_labelling(1)
    assert (opened.status, opened.revision, opened.document.spans, opened.suggestions) == ("new", 0, (), ())
    assert not (opened.can_undo or opened.can_redo or opened.document.is_reviewed)


def test_an_unknown_document_is_a_sentence(store: Store, project: Project) -> None:
    for call in (store.open_for_labelling, store.events):
        with pytest.raises(NotFound, match="there is no document 77"):
            call(77)
    with pytest.raises(NotFound):
        store.record(77, 0, "eva", Edit("submit"))


def test_every_action_is_an_event(store: Store, project: Project) -> None:
    record(store, Edit("add", (BATTERY,)))
    record(store, Edit("relabel", (BATTERY, Span(4, 11, "bug"))))
    record(store, Edit("move", (Span(4, 11, "bug"), Span(0, 11, "bug"))), by="max")
    record(store, Edit("set_label", label="praise"))
    record(store, Edit("remove", (Span(0, 11, "bug"),)))
    record(store, Edit("submit"))
    last = store.open_for_labelling(1)
    assert (last.status, last.revision, spans(last), last.document.label) == ("labelled", 6, [], "praise")
    assert last.document.is_reviewed
    events = store.events(1)
    assert [event.verb for event in events] == ["add", "relabel", "move", "set_label", "remove", "submit"]
    assert [event.by for event in events] == ["eva", "eva", "max", "eva", "eva", "eva"]
    assert [event.revision for event in events] == [1, 2, 3, 4, 5, 6]
    assert all(event.at.tzinfo is not None for event in events)


def test_a_span_remembers_who_made_it(store: Store, project: Project) -> None:
    labelling = record(store, Edit("add", (Span(4, 11, "feature", 0.3, "model:m"),)), by="eva")
    assert [(span.origin, span.score) for span in labelling.document.spans] == [("person:eva", None)]


def test_status_follows_the_work(store: Store, project: Project) -> None:
    seen = [record(store, edit).status for edit in (Edit("skip"), Edit("add", (BATTERY,)), Edit("submit"))]
    seen += [record(store, edit).status for edit in (Edit("add", (LASTS,)), Edit("reopen"))]
    assert seen == ["skipped", "started", "labelled", "labelled", "started"]


@pytest.mark.parametrize(
    ("edit", "error"),
    [
        (Edit("add", (Span(4, 99, "feature"),)), BadSpan),
        (Edit("add", (Span(4, 11, "nope"),)), UnknownLabel),
        (Edit("remove", (BATTERY,)), BadSpan),
        (Edit("relabel", (BATTERY,)), BadInput),
        (Edit("set_label", label="feature"), UnknownLabel),
        (Edit("import"), BadInput),
    ],
)
def test_an_edit_that_does_not_fit_changes_nothing(
    store: Store, project: Project, edit: Edit, error: type[Exception]
) -> None:
    with pytest.raises(error):
        record(store, edit)
    assert store.events(1) == []


def test_an_edit_without_effect_is_no_event(store: Store, project: Project) -> None:
    record(store, Edit("add", (BATTERY,)))
    for edit in (Edit("add", (BATTERY,)), Edit("set_label"), Edit("redo"), Edit("reopen")):
        record(store, edit)
    assert len(store.events(1)) == 1


def test_accepting_makes_a_persons_span_and_keeps_the_score_in_the_event(store: Store, suggested: Project) -> None:
    first, second = store.open_for_labelling(1).suggestions
    labelling = record(store, Edit("accept", (first,)))
    assert [(span.key, span.origin) for span in labelling.document.spans] == [(BATTERY.key, "person:eva")]
    assert labelling.suggestions == (second,)
    [event] = store.events(1)
    assert event.after["spans"] == [[4, 11, "feature", "person:eva", 0.9]]  # type: ignore[index, call-overload]
    assert event.before["suggestions"] == [[4, 11, "feature", "model:m", 0.9]]  # type: ignore[index, call-overload]


def test_rejecting_is_remembered_and_can_be_undone(store: Store, suggested: Project) -> None:
    first, second = store.open_for_labelling(1).suggestions
    assert record(store, Edit("reject", (first,))).suggestions == (second,)
    assert store.open_for_labelling(1).suggestions == (second,)
    assert record(store, Edit("undo")).suggestions == (first, second)
    assert record(store, Edit("redo")).suggestions == (second,)


def test_what_a_person_marked_hides_the_suggestion_below(store: Store, suggested: Project) -> None:
    _, second = store.open_for_labelling(1).suggestions
    assert record(store, Edit("add", (Span(0, 11, "feature"),))).suggestions == (second,)
    assert record(store, Edit("add", (Span(17, 22, "feature"),))).suggestions == ()


def test_a_settled_suggestion_does_not_come_back(store: Store, suggested: Project) -> None:
    first, second = store.open_for_labelling(1).suggestions
    record(store, Edit("accept", (first,)))
    assert record(store, Edit("remove", (first,))).suggestions == (second,)
    moved = record(store, Edit("move", (second, Span(18, 22, "feature"))))
    assert (spans(moved), moved.suggestions) == ([(18, 22, "feature")], ())


def test_a_document_shows_the_models_label(store: Store, suggested: Project) -> None:
    opened = store.open_for_labelling(1)
    assert (opened.model, opened.suggested_label, opened.document_scores) == ("m", "praise", {"praise": 0.8})
    assert store.open_for_labelling(1, model="other").suggestions == ()


def test_two_hundred_steps_can_be_undone_and_done_again(store: Store, project: Project) -> None:
    states = [spans(store.open_for_labelling(1))]
    for step in range(200):
        start, end = step % 10, 12 + step // 10 % 10
        edit = Edit("add", (Span(start, end, "bug" if step < 100 else "feature"),))
        states.append(spans(record(store, edit)))
    assert [spans(record(store, Edit("undo"))) for _ in range(200)] == states[-2::-1]
    assert not store.open_for_labelling(1).can_undo
    assert [spans(record(store, Edit("redo"))) for _ in range(200)] == states[1:]
    assert len(store.events(1)) == 600


def test_a_new_edit_ends_what_could_be_redone(store: Store, project: Project) -> None:
    record(store, Edit("add", (BATTERY,)))
    assert record(store, Edit("undo")).can_redo
    assert not record(store, Edit("add", (LASTS,))).can_redo


def test_undo_brings_the_status_back(store: Store, project: Project) -> None:
    record(store, Edit("submit"))
    assert record(store, Edit("undo")).status == "new"
    assert record(store, Edit("redo")).status == "labelled"


def test_a_second_tab_does_not_overwrite_the_first(store: Store, project: Project, url: str) -> None:
    other = Store(url)
    seen_here, seen_there = store.open_for_labelling(1).revision, other.open_for_labelling(1).revision
    store.record(1, seen_here, "eva", Edit("add", (BATTERY,)))
    with pytest.raises(StaleRevision) as caught:
        other.record(1, seen_there, "max", Edit("add", (LASTS,)))
    assert (caught.value.seen, caught.value.now, caught.value.document) == (0, 1, "r1")
    assert spans(other.open_for_labelling(1)) == [BATTERY.key]
    other.close()


def test_of_many_at_once_exactly_one_gets_in(store: Store, project: Project) -> None:
    def attempt(number: int) -> bool:
        try:
            store.record(1, 0, f"p{number}", Edit("add", (Span(number, number + 5, "bug"),)))
        except StaleRevision:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(8))) == 1
    assert len(store.events(1)) == 1


def test_a_token_is_recorded_once(store: Store, project: Project) -> None:
    edit = Edit("add", (BATTERY,), token="t1")
    first = store.record(1, 0, "eva", edit)
    assert store.record(1, 0, "eva", edit) == first
    store.record(1, 1, "eva", Edit("add", (LASTS,), token="t2"))
    assert store.record(1, 0, "eva", edit).revision == 2
    assert store.record(2, 0, "eva", Edit("add", (BATTERY,), token="t1")).revision == 1


def test_the_same_token_from_two_threads_is_recorded_once(store: Store, project: Project) -> None:
    edit = Edit("add", (BATTERY,), token="t1")
    send: Callable[[int], Labelling] = lambda _: store.record(1, 0, "eva", edit)  # noqa: E731
    with ThreadPoolExecutor(6) as pool:
        assert {labelling.revision for labelling in pool.map(send, range(6))} == {1}
    assert len(store.events(1)) == 1


def test_a_name_or_span_with_an_emoji_is_kept(store: Store, project: Project) -> None:
    labelling = record(store, Edit("add", (Span(15, 16, "bug"),)), by="<i>Ümit 🎉", document=2)
    [span] = labelling.document.spans
    assert (labelling.document.surface(span), span.origin) == ("🎉", "person:<i>Ümit 🎉")


def test_edits_of_an_imported_document_leave_the_import_alone(store: Store, project: Project) -> None:
    store.add_documents(project.id, [Document("x", "from a file", spans=(Span(0, 4, "bug"),))], source="f")
    record(store, Edit("remove", (Span(0, 4, "bug"),)), document=4)
    labelling = record(store, Edit("undo"), document=4)
    assert (spans(labelling), labelling.can_undo, labelling.status) == ([(0, 4, "bug")], False, "started")
