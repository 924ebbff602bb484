"""What a corpus of explanations says together: strongest words, and reasons that should not be ones."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator, Mapping

import pytest

from tokapp.documents import Attribution, Target
from tokapp.explanations.corpus import summarise
from tokapp.words import split_words

SPAM = Target("document", "spam")


def reasons(text: str, values: Mapping[str, float], target: Target = SPAM, *, error: float = 0.01) -> Attribution:
    """An explanation in which some words count and all others are nought."""
    words = tuple(split_words(text))
    texts = tuple(text[start:end] for start, end in words)
    return Attribution("1", "m", target, words, texts, tuple(values.get(word, 0.0) for word in texts),
                       (error,) * len(words), 0.0, sum(values.values()), 64)  # fmt: skip


def test_words_are_ordered_by_their_mean_absolute_value() -> None:
    texts = ["win Money now", "money is tight", "now is fine"]
    values = [{"win": 1.0, "Money": 3.0}, {"money": -1.0}, {"now": 0.5}]
    rows = [(place, text, reasons(text, some)) for place, (text, some) in enumerate(zip(texts, values, strict=True))]
    found = summarise(rows)
    first, second = found.words[0], found.words[1]
    assert (first.word, first.weight, first.mean, first.count, first.documents) == ("money", 2.0, 1.0, 2, 2)
    assert [(one.document, one.value) for one in first.examples] == [(0, 3.0), (1, -1.0)]
    assert second.word == "win" and found.decisions == 3


def test_labels_are_kept_apart_and_other_questions_left_out() -> None:
    text = "the search is slow"
    span = reasons(text, {"slow": 2.0}, Target("span", "bug", 4, 10))
    against = reasons(text, {"slow": 9.0}, Target("span", "bug", 4, 10, against="O"))
    found = summarise([(1, text, span), (1, text, against), (1, text, reasons(text, {"slow": 1.0}))])
    assert {(one.label, one.weight) for one in found.words if one.word == "slow"} == {("bug", 2.0), ("spam", 1.0)}


@pytest.mark.parametrize(
    ("text", "word", "why"),
    [
        ("call us at 555 today please", "555", "a number"),
        ("we saw Rebecca at the office", "Rebecca", "looks like a name"),
        ("X-Mailer: zorp\nhello there you", "zorp", "in a header line"),
        ("hello there you\n-- \nthe acme team", "acme", "in a signature"),
    ],
)
def test_strong_words_that_should_not_decide_are_named(text: str, word: str, why: str) -> None:
    (found,) = summarise([(7, text, reasons(text, {word: 2.0, "hello": 0.1}))]).wrong
    assert (found.word, found.why, found.example.document) == (word, why, 7)


@pytest.mark.parametrize(
    ("values", "error"), [({"555": -2.0}, 0.01), ({"555": 2.0}, 1.5), ({"555": 0.1, "call": 5.0}, 0.01)]
)
def test_words_that_are_not_strong_for_it_are_no_reason(values: Mapping[str, float], error: float) -> None:
    text = "please call us at 555 today"
    assert not summarise([(1, text, reasons(text, values, error=error))]).wrong


def test_words_of_the_marked_piece_itself_are_no_wrong_reason() -> None:
    text = "shows 10 posts only"
    assert not summarise([(1, text, reasons(text, {"10": 2.0}, Target("span", "bug", 6, 14)))]).wrong


def test_a_capital_that_is_written_small_elsewhere_is_no_name() -> None:
    texts = ["we like Search a lot", "the search is slow"]
    assert not summarise([(n, text, reasons(text, {"Search": 2.0})) for n, text in enumerate(texts)]).wrong


def test_an_edge_counts_only_where_the_word_does_not_elsewhere() -> None:
    texts = ["hello there my friend", "oh hello there you", "well hello there you"]
    at_edge = [(0, texts[0], reasons(texts[0], {"hello": 2.0}))]
    weak = [(n, texts[n], reasons(texts[n], {"hello": 0.01, "there": 1.0})) for n in (1, 2)]
    strong = [(n, texts[n], reasons(texts[n], {"hello": 2.0})) for n in (1, 2)]
    assert [(one.word, one.why) for one in summarise(at_edge + weak).wrong] == [("hello", "the first word")]
    assert not summarise(at_edge + strong).wrong


def test_two_thousand_explanations_are_read_as_a_stream() -> None:
    def rows() -> Iterator[tuple[int, str, Attribution]]:
        for number in range(2000):
            text = f"review {number} says that the dark mode of version {number % 50} is gone " + "and so on " * 8
            yield number, text, reasons(text, {"dark": 1.0, str(number): 3.0})

    tracemalloc.start()
    started = time.process_time()
    found = summarise(rows())
    seconds, (_, peak) = time.process_time() - started, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.decisions == 2000 and len(found.wrong) == 2000
    assert found.words[0].weight == 3.0 and peak < 60e6 and seconds < 60
