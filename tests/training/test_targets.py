"""Targets of words: what is learnt says exactly which words a span holds, so that decoding gives the span back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from tokapp.documents import Span
from tokapp.inference.decoding import decode, flatten
from tokapp.models.config import Scheme, token_classes
from tokapp.tasks import load_task
from tokapp.training.examples import word_targets

RUNS = some.lists(some.tuples(some.integers(0, 2), some.integers(1, 4)), max_size=4)
"""Spans as gaps before them and numbers of words."""


@pytest.mark.parametrize("scheme", ["bio", "bioes"])
@given(runs=RUNS)
def test_decoding_the_targets_gives_the_spans_back(scheme: Scheme, runs: list[tuple[int, int]]) -> None:
    words = [(3 * index, 3 * index + 2) for index in range(30)]
    spans, place = [], 0
    for gap, count in runs:
        place += gap
        spans.append(Span(words[place][0], words[place + count - 1][1], "feature"))
        place += count
    classes = token_classes(load_task("reviews"), scheme)
    sure = np.eye(len(classes), dtype=np.float32)[word_targets(spans, words, classes)]
    (found,) = decode(sure, classes, np.array(words, np.int32), flatten([len(words)]))
    assert [span.key for span in found] == [span.key for span in spans]


def test_a_word_that_two_spans_share_belongs_to_the_one_that_begins_first() -> None:
    classes = token_classes(load_task("reviews"), "bioes")
    targets = word_targets([Span(0, 5, "feature"), Span(3, 8, "feature")], [(0, 2), (3, 5), (6, 8)], classes)
    assert [classes[target][0] for target in targets] == ["B", "E", "S"]
