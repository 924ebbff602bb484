from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.store.conftest import TASK
from tokapp.documents import Span
from tokapp.errors import BadInput, BadSpan, NotFound
from tokapp.store import SHARED, Edit, Labelling, Project, Store
from tokapp.store.anchors import follow_span
from tokapp.store.edits import difference
from tokapp.store.state import State, follow
from tokapp.store.values import Event

BATTERY = Span(4, 11, "feature")


def act(store: Store, edit: Edit, layer: str = SHARED) -> Labelling:
    return store.record(1, store.open_for_labelling(1, layer=layer).revision, "eva", edit, layer=layer)


def where(store: Store) -> tuple[tuple[int, int, str], bool]:
    [thread] = store.threads(1)
    assert thread.span is not None
    return thread.span.key, thread.is_there


def test_a_thread_grows_and_keeps_who_said_what_and_when(store: Store, project: Project) -> None:
    thread = store.comment(1, "  Is this a feature? ", "eva", span=BATTERY)
    store.reply(thread.id, "Yes.\nSee the guidelines.", "ben")
    store.resolve(thread.id, "ben")
    assert store.resolve(thread.id, "eva").is_resolved
    after = store.reopen(thread.id, "eva")
    said = [(one.by, one.verb, one.text) for one in after.comments]
    assert said == [
        ("eva", "say", "Is this a feature?"),
        ("ben", "say", "Yes.\nSee the guidelines."),
        ("ben", "resolve", ""),
        ("eva", "reopen", ""),
    ]
    assert [one.at for one in after.comments] == sorted(one.at for one in after.comments)
    assert (after.quote, after.is_resolved, after.span) == ("battery", False, BATTERY)
    assert store.threads(1) == [after]


def test_threads_on_the_document_come_first_then_by_place(store: Store, project: Project) -> None:
    late = store.comment(1, "late", "eva", span=Span(12, 17, "bug"))
    early = store.comment(1, "early", "eva", span=BATTERY)
    whole = store.comment(1, "whole", "eva")
    assert [one.id for one in store.threads(1)] == [whole.id, early.id, late.id]
    assert store.threads(2) == []


def test_a_thread_follows_its_span_and_outlives_it(store: Store, project: Project) -> None:
    act(store, Edit("add", (BATTERY,)))
    store.comment(1, "why?", "eva", span=BATTERY)
    act(store, Edit("relabel", (BATTERY, Span(4, 11, "bug"))))
    act(store, Edit("move", (Span(4, 11, "bug"), Span(0, 11, "bug"))))
    assert where(store) == ((0, 11, "bug"), True)
    act(store, Edit("remove", (Span(0, 11, "bug"),)))
    assert where(store) == ((0, 11, "bug"), False)
    for place, is_there in (((0, 11, "bug"), True), ((4, 11, "bug"), True), ((4, 11, "feature"), True)):
        act(store, Edit("undo"))
        assert where(store) == (place, is_there)
    act(store, Edit("redo"))
    assert where(store) == ((4, 11, "bug"), True)
    act(store, Edit("restore", revision=1))
    assert where(store) == ((4, 11, "feature"), True)


def test_a_thread_on_a_suggestion_follows_what_becomes_of_it(store: Store, project: Project) -> None:
    store.comment(1, "why?", "eva", span=BATTERY)
    act(store, Edit("reject", (BATTERY,)))
    assert where(store) == (BATTERY.key, False)
    act(store, Edit("undo"))
    act(store, Edit("relabel", (BATTERY, Span(4, 11, "bug"))))
    assert where(store) == ((4, 11, "bug"), True)
    act(store, Edit("adjudicate", (Span(4, 17, "bug"), Span(0, 3, "feature"))))
    assert where(store) == ((4, 17, "bug"), True)


def test_comments_stay_in_their_layer(store: Store, project: Project) -> None:
    act(store, Edit("add", (BATTERY,)), "ana")
    store.comment(1, "mine", "ana", span=BATTERY, layer="ana")
    act(store, Edit("move", (BATTERY, Span(0, 11, "feature"))), SHARED)
    [thread] = store.threads(1, "ana")
    assert thread.span == BATTERY and thread.layer == "ana"
    assert store.threads(1) == [] and store.threads(1, None) == [thread]


@pytest.mark.parametrize("text", ["", " \n", "x" * 4001, "nul \x00", "half \ud83d"])
def test_what_is_no_comment_is_a_sentence(text: str, store: Store, project: Project) -> None:
    with pytest.raises(BadInput):
        store.comment(1, text, "eva")
    assert store.threads(1) == []


def test_a_comment_needs_a_place(store: Store, project: Project) -> None:
    with pytest.raises(BadSpan):
        store.comment(1, "where?", "eva", span=Span(0, 99, "feature"))
    with pytest.raises(NotFound):
        store.comment(99, "where?", "eva")
    for say in (lambda: store.reply(7, "x", "eva"), lambda: store.resolve(7, "eva"), lambda: store.reopen(7, "eva")):
        with pytest.raises(NotFound):
            say()


SPANS = st.builds(
    lambda start, length, label: Span(start, start + length, label),
    st.integers(0, 20),
    st.integers(1, 10),
    st.sampled_from(TASK.span_names),
)


@given(first=SPANS, moves=st.lists(SPANS, max_size=6), others=st.lists(SPANS, max_size=6))
def test_a_span_is_found_after_any_chain_of_moves(first: Span, moves: Sequence[Span], others: Sequence[Span]) -> None:
    state, events, current = State(), list[Event](), first
    edits = [Edit("add", tuple(dict.fromkeys((first, *others))))]
    taken = {one.key for one in edits[0].spans}
    for target in moves:
        if target.key not in taken:
            edits.append(Edit("move", (current, target)))
            taken, current = (taken - {current.key}) | {target.key}, target
    for edit in edits:
        before, after = difference(state, edit, "eva", task=TASK, length=99)
        state = follow(state, edit.verb, before, after)
        events.append(Event(0, 1, state.revision, "eva", None, edit.verb, before, after))  # type: ignore[arg-type]
    found, is_there = follow_span(first, events)
    assert (found.key, is_there) == (current.key, True)


def test_documents_with_comments_that_all_see_are_listed_once(store: Store, project: Project) -> None:
    assert store.commented(project.id) == []
    for text in ("one", "two"):
        store.comment(2, text, "eva")
    store.comment(1, "for my own version", "eva", layer="eva")
    assert store.commented(project.id) == [2] and store.commented(project.id + 1) == []
