"""Targets of words: what is learnt says exactly which words a span holds, so that decoding gives the span back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.models.families import wordpiece
from tokapp.documents import Document, Span
from tokapp.inference.decoding import decode, flatten
from tokapp.models.config import Scheme, Shape, config_for, token_classes
from tokapp.models.token_model import encoder_for
from tokapp.tasks import load_task
from tokapp.training.examples import IGNORED, collate_examples, make_examples, word_targets

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


def test_an_answer_teaches_the_same_beside_ten_words_and_beside_ten_thousand() -> None:
    config = config_for(load_task("rag"), Shape(scheme="io", document="spans", max_length=64))
    answer = Document("1", "Paris has 69 million people.", "rag", (Span(10, 20, "unsupported"),), question="How many?")
    taught = []
    for repeats in (2, 2000):
        document = replace(answer, contexts=("Paris has 2 million people.",) * repeats)
        (example,) = make_examples([document], encoder_for(wordpiece(), load_task("rag"), config), config)
        taught.append(example.tokens[example.row.part].tolist())
    assert taught[0] == taught[1] and [target for target in taught[0] if target != IGNORED] == [0, 0, 1, 1, 0, 0]


def test_a_word_that_two_spans_share_belongs_to_the_one_that_begins_first() -> None:
    classes = token_classes(load_task("reviews"), "bioes")
    targets = word_targets([Span(0, 5, "feature"), Span(3, 8, "feature")], [(0, 2), (3, 5), (6, 8)], classes)
    assert [classes[target][0] for target in targets] == ["B", "E", "S"]


def test_a_long_documents_label_stands_at_its_first_window_or_with_parts_at_all() -> None:
    task = load_task("emails")
    config = config_for(task, Shape(max_length=32))
    document = Document("1", "the dark mode works " * 30, "emails", label=task.document_names[0])
    encoder = encoder_for(wordpiece(), task, config)
    first, every = (
        [one for one in make_examples([document], encoder, config, every_window=on_all) if one.document == 0]
        for on_all in (False, True)
    )
    assert [one.part for one in first] == [1.0] and len(every) > 3
    assert {one.part for one in every} == {1 / len(every)}
    assert "parts" in collate_examples(every, pad_id=0) and "parts" not in collate_examples(first, pad_id=0)
