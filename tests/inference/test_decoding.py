"""Constrained decoding: every span begins properly, and the sequence is the likeliest allowed one."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tokapp.inference.decoding import best_path, decode, decode_evidence, flatten, read_classes

BIO = ("O", "B-a", "I-a", "B-b", "I-b")
BIOES = ("O", "B-a", "I-a", "E-a", "S-a", "I-b")


def offsets_of(words: int) -> np.ndarray:
    return np.array([[3 * index, 3 * index + 2] for index in range(words)], np.int32).reshape(-1, 2)


@pytest.mark.parametrize("classes", [BIO, BIOES])
@settings(deadline=None)
@given(counts=some.lists(some.integers(0, 4), min_size=1, max_size=4), seed=some.integers(0, 2**32 - 1))
def test_the_path_is_the_likeliest_of_all_allowed_ones(classes: tuple[str, ...], counts: list[int], seed: int) -> None:
    starts, tags, kinds = flatten(counts), read_classes(classes), len(classes)
    draws = np.random.default_rng(seed).dirichlet(np.ones(kinds), int(starts[-1]))
    values = draws.astype(np.float32).reshape(-1, kinds)
    path = best_path(values, tags, starts)
    for first, last in pairwise(starts):
        ways = [
            way
            for way in product(range(kinds), repeat=int(last - first))
            if all(tags.allowed[a, b] for a, b in pairwise((0, *way, 0)))
        ]
        likelihood = {way: np.log(values[first:last][np.arange(len(way)), way]).sum() for way in ways}
        assert likelihood[tuple(path[first:last].tolist())] == pytest.approx(max(likelihood.values()), abs=1e-4)


def test_only_words_that_may_end_a_span_end_it() -> None:
    tags = read_classes(BIOES)
    follows = {name: "".join(BIOES[b][0] for b in range(6) if tags.allowed[a, b]) for a, name in enumerate(BIOES)}
    assert follows == {"O": "OBSI", "B-a": "IE", "I-a": "IE", "E-a": "OBSI", "S-a": "OBSI", "I-b": "OBSI"}
    values = np.array([[0.1, 0.7, 0, 0.1, 0.1, 0], [0.5, 0, 0.3, 0.2, 0, 0], [0.9, 0, 0, 0.1, 0, 0]], np.float32)
    ((span,),) = decode(values, BIOES, offsets_of(3), flatten([3]))
    assert span.key == (0, 5, "a")


def test_a_span_never_runs_over_the_end_of_a_document() -> None:
    values = np.array([[0.1, 0.8, 0.1], [0.1, 0.3, 0.6]], np.float32)
    spans = decode(values, ("O", "B-a", "I-a"), offsets_of(2), flatten([1, 1]))
    assert [[span.key for span in one] for one in spans] == [[(0, 2, "a")], [(3, 5, "a")]]


def test_neighbours_of_the_io_scheme_become_one_span_with_the_mean_score() -> None:
    values = np.array([[0.4, 0.6], [0.2, 0.8]], np.float32)
    ((span,),) = decode(values, ("O", "I-a"), offsets_of(2), flatten([2]))
    assert (span.key, span.score) == ((0, 5, "a"), pytest.approx(0.7))


def test_a_threshold_moves_where_a_word_counts_as_inside() -> None:
    values = np.array([[0.65, 0.35]], np.float32)
    found = {
        cut: decode(values, ("O", "I-a"), offsets_of(1), flatten([1]), thresholds={"a": cut}) for cut in (0.3, 0.4)
    }
    assert len(found[0.3][0]) == 1
    assert found[0.4][0] == ()


def test_no_words_give_no_spans() -> None:
    assert decode(np.empty((0, 3), np.float32), ("O", "B-a", "I-a"), offsets_of(0), flatten([0, 0])) == [(), ()]


@pytest.mark.parametrize(
    ("least", "found"), [(1, [(0, 2), (6, 11), (15, 23)]), (2, [(6, 11), (15, 23)]), (3, [(15, 23)])]
)
def test_spans_of_too_few_words_are_left_out(least: int, found: list[tuple[int, int]]) -> None:
    values = np.eye(2, dtype=np.float32)[[1, 0, 1, 1, 0, 1, 1, 1]]
    (spans,) = decode(values, ("O", "I-a"), offsets_of(8), flatten([8]), least_words=least)
    assert [(span.start, span.end) for span in spans] == found
    shares = values[:, 1:]
    spans = decode_evidence(shares, "a", 0, offsets_of(8), least=0.5, score=1.0, least_words=least)
    assert [(span.start, span.end) for span in spans] == found
