"""The queue of documents to label: orders, filters, and the random share that keeps figures honest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.store.conftest import TASK
from tokapp.documents import Document
from tokapp.errors import NotFound
from tokapp.store import DocumentFilter, Edit, Order, Project, Queued, Store
from tokapp.store.rankings import _interleaved

ACTIVE = Order("margin", is_active=True, share=0.1)


@pytest.fixture
def project(store: Store) -> Project:
    made = store.create_project("P", TASK)
    store.add_documents(made.id, [Document(f"d{at}", f"text {at}") for at in range(80)], source="a")
    return made


def ids(queued: Sequence[Queued]) -> list[int]:
    return [one.document.id for one in queued]


def test_the_oldest_comes_first(store: Store, project: Project) -> None:
    assert ids(store.queue(project.id, Order("oldest"), limit=3)) == store.document_ids(project.id)[:3]


def test_random_is_another_order_and_always_the_same(store: Store, project: Project) -> None:
    first = ids(store.queue(project.id, Order("random"), limit=80))
    assert first == ids(store.queue(project.id, Order("random"), limit=80))
    assert sorted(first) == store.document_ids(project.id) != first


def test_an_order_without_scores_says_so(store: Store, project: Project) -> None:
    assert store.ranking(project.id, "margin") is None
    with pytest.raises(NotFound, match="order 'margin' yet"):
        store.queue(project.id, ACTIVE)


def test_the_highest_score_comes_first_and_every_tenth_is_drawn_from_the_held_out(
    store: Store, project: Project
) -> None:
    made = store.save_ranking(
        project.id, "margin", [(pk, pk / 100) for pk in store.document_ids(project.id)], model="m"
    )
    assert (made.documents, made.model) == (80, "m")
    held_out = {row.id for row in store.documents(project.id, limit=80) if row.split in ("validation", "test")}
    queued = store.queue(project.id, ACTIVE, limit=20)
    assert [at for at, one in enumerate(queued) if one.is_drawn] == [9, 19]
    assert all((one.document.id in held_out) == one.is_drawn == (one.score is None) for one in queued)
    scores = [one.score for one in queued if one.score is not None]
    assert scores == sorted(scores, reverse=True)


def test_the_share_goes_on_where_it_stopped(store: Store, project: Project) -> None:
    store.save_ranking(project.id, "margin", [(pk, pk / 100) for pk in store.document_ids(project.id)])
    order, drawn = Order("margin", is_active=True, share=0.25), []
    for _ in range(12):
        [first] = store.queue(project.id, order, limit=1)
        drawn.append(first.is_drawn)
        store.record(first.document.id, 0, "ann", Edit("submit"))
    assert drawn == [False, False, False, True] * 3


def test_what_is_labelled_or_skipped_leaves_the_queue(store: Store, project: Project) -> None:
    first, second, third = store.document_ids(project.id)[:3]
    store.record(first, 0, "ann", Edit("submit"))
    store.record(second, 0, "ann", Edit("skip"))
    assert store.next_in_queue(project.id, Order("oldest")) == third
    assert store.next_in_queue(project.id, Order("oldest"), besides=third) == third + 1


def test_a_filter_narrows_the_queue(store: Store, project: Project) -> None:
    assert len(store.queue(project.id, Order("oldest"), DocumentFilter(search="text 7"), limit=80)) == 17
    assert store.next_in_queue(project.id, Order("oldest"), DocumentFilter(source="b")) is None


def test_a_new_ranking_takes_the_place_of_the_old_one(store: Store, project: Project) -> None:
    pks = store.document_ids(project.id)
    store.save_ranking(project.id, "typical", [(pk, 0.5) for pk in pks])
    store.save_ranking(project.id, "typical", [(pk, float(pk == pks[7])) for pk in pks[:10]])
    found = store.ranking(project.id, "typical")
    assert found is not None and found.documents == 10
    assert store.next_in_queue(project.id, Order("typical")) == pks[7]


def test_half_a_ranking_does_not_count(store: Store, project: Project) -> None:
    def broken() -> Iterator[tuple[int, float]]:
        yield 1, 0.5
        raise RuntimeError("the worker died")

    store.save_ranking(project.id, "typical", [(pk, pk / 100) for pk in store.document_ids(project.id)])
    with pytest.raises(RuntimeError):
        store.save_ranking(project.id, "typical", broken())
    found = store.ranking(project.id, "typical")
    assert found is not None and found.documents == 80


def test_a_review_takes_labelled_documents_until_somebody_has_touched_them(store: Store, project: Project) -> None:
    pks = store.document_ids(project.id)[:4]
    for pk in pks:
        store.record(pk, 0, "ann", Edit("submit"))
    store.save_ranking(project.id, "label_errors", [(pk, pk / 100) for pk in pks])
    order = Order("label_errors", is_review=True)
    assert ids(store.queue(project.id, order)) == pks[::-1]
    store.record(pks[-1], 1, "bob", Edit("reopen"))
    store.record(pks[-1], 2, "bob", Edit("submit"))
    assert ids(store.queue(project.id, order)) == pks[-2::-1]


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 50), st.sampled_from([0.0, 0.05, 0.1, 0.25, 0.5]))
def test_interleaving_loses_and_repeats_nothing(picked: int, drawn: int, done: int, share: float) -> None:
    random = list(range(100, 100 + drawn))
    found = list(_interleaved(list(range(picked)), random, done, share))
    assert sorted(found) == sorted([*range(picked), *(random if share else [])])
    assert [one for one in found if one < 100] == list(range(picked))
