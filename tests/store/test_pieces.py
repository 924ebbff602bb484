"""Spans of several pieces: they share a group, in the state, in the events, and through undo."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.store.conftest import TASK
from tokapp.documents import Document, Span
from tokapp.errors import BadInput, BadSpan
from tokapp.store import Edit, Labelling, Project, Store

TEXT = "pain in the left and right arm 🎉"
PAIN, ARM = Span(0, 16, "bug"), Span(27, 30, "bug")


@pytest.fixture
def free(store: Store) -> Project:
    """A project whose task allows such spans, with one document, id 1."""
    made = store.create_project("free", replace(TASK, discontinuous=True))
    store.add_documents(made.id, [Document("d", TEXT)], source="f")
    return made


def record(store: Store, edit: Edit) -> Labelling:
    return store.record(1, store.open_for_labelling(1).revision, "eva", edit)


def shape(labelling: Labelling) -> list[tuple[int, int, str]]:
    return [(span.start, span.end, span.group) for span in labelling.document.spans]


def test_a_piece_joins_a_span_and_both_share_a_group(store: Store, free: Project) -> None:
    record(store, Edit("add", (PAIN,)))
    joined = record(store, Edit("join", (PAIN, replace(ARM, group="g1"))))
    assert shape(joined) == [(0, 16, "g1"), (27, 30, "g1")]
    third = record(store, Edit("join", (replace(PAIN, group="g1"), Span(31, 32, "bug", group="g1"))))
    assert shape(third) == [(0, 16, "g1"), (27, 30, "g1"), (31, 32, "g1")]
    record(store, Edit("undo"))
    assert shape(record(store, Edit("undo"))) == [(0, 16, "")]
    assert shape(record(store, Edit("redo"))) == [(0, 16, "g1"), (27, 30, "g1")]
    assert store.rebuild_labels(free.id) == 0


def test_two_spans_may_share_a_piece(store: Store, free: Project) -> None:
    other = Span(0, 7, "bug")
    record(store, Edit("add", (PAIN, other)))
    record(store, Edit("join", (PAIN, replace(ARM, group="left"))))
    both = record(store, Edit("join", (other, replace(ARM, group="right"))))
    assert shape(both) == [(0, 7, "right"), (0, 16, "left"), (27, 30, "left"), (27, 30, "right")]
    one = record(store, Edit("remove", (replace(ARM, group="right"),)))
    assert shape(one) == [(0, 7, "right"), (0, 16, "left"), (27, 30, "left")]


def test_all_pieces_change_their_label_at_once(store: Store, free: Project) -> None:
    record(store, Edit("add", (PAIN,)))
    record(store, Edit("join", (PAIN, replace(ARM, group="g"))))
    old = (replace(PAIN, group="g"), replace(ARM, group="g"))
    changed = record(store, Edit("relabel", (*old, *(replace(one, label="feature") for one in old))))
    assert [(span.label, span.group) for span in changed.document.spans] == [("feature", "g")] * 2
    assert len(store.events(1)) == 3
    assert {span.label for span in record(store, Edit("undo")).document.spans} == {"bug"}


@pytest.mark.parametrize(
    ("spans", "error"),
    [
        ((PAIN,), BadInput),
        ((PAIN, ARM), BadSpan),
        ((PAIN, Span(27, 30, "feature", group="g")), BadSpan),
        ((replace(PAIN, group="a"), replace(ARM, group="b")), BadSpan),
        ((Span(1, 2, "bug"), replace(ARM, group="g")), BadSpan),
        ((PAIN, replace(ARM, group="g" * 41)), BadSpan),
    ],
)
def test_pieces_that_do_not_fit_change_nothing(
    store: Store, free: Project, spans: tuple[Span, ...], error: type[Exception]
) -> None:
    record(store, Edit("add", (PAIN,)))
    with pytest.raises(error):
        record(store, Edit("join", spans))
    assert len(store.events(1)) == 1


def test_a_task_that_does_not_allow_them_says_so(store: Store, project: Project) -> None:
    store.record(1, 0, "eva", Edit("add", (Span(4, 11, "bug"),)))
    with pytest.raises(BadSpan, match="no spans of several pieces"):
        store.record(1, 1, "eva", Edit("join", (Span(4, 11, "bug"), Span(12, 17, "bug", group="g"))))
    with pytest.raises(BadSpan, match="no spans of several pieces"):
        pieces = (Span(0, 1, "bug", group="g"), Span(2, 3, "bug", group="g"))
        store.add_documents(project.id, [Document("x", "a b c", spans=pieces)], source="f")


def test_the_setting_stays_while_there_are_such_spans(store: Store, free: Project) -> None:
    record(store, Edit("add", (PAIN,)))
    record(store, Edit("join", (PAIN, replace(ARM, group="g"))))
    with pytest.raises(BadInput, match="several pieces"):
        store.update_task(free.id, TASK)
    record(store, Edit("remove", (replace(ARM, group="g"),)))
    assert not store.update_task(free.id, TASK).task.discontinuous


def test_pieces_that_an_undo_brings_back_can_be_changed_and_removed_but_not_grown(store: Store, free: Project) -> None:
    record(store, Edit("add", (PAIN,)))
    record(store, Edit("join", (PAIN, replace(ARM, group="g"))))
    record(store, Edit("undo"))
    store.update_task(free.id, TASK)
    pain, arm = (replace(one, group="g") for one in (PAIN, ARM))
    assert shape(record(store, Edit("redo"))) == [(0, 16, "g"), (27, 30, "g")]
    with pytest.raises(BadSpan, match="Settings"):
        record(store, Edit("join", (pain, Span(31, 32, "bug", group="g"))))
    moved = replace(arm, start=21)
    assert shape(record(store, Edit("move", (arm, moved)))) == [(0, 16, "g"), (21, 30, "g")]
    assert shape(record(store, Edit("remove", (pain, moved)))) == []


def test_the_setting_and_the_groups_of_labels_are_kept(store: Store, free: Project) -> None:
    assert store.project(free.id).task.discontinuous
    labels = tuple(replace(label, group="parts") for label in TASK.span_labels)
    store.update_task(free.id, replace(TASK, span_labels=labels))
    task = store.project(free.id).task
    assert (task.discontinuous, [label.group for label in task.span_labels]) == (False, ["parts", "parts"])
