"""Answers made wrong on purpose: spans cover exactly what is wrong."""

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokapp.documents import Document, Span
from tokapp.training.corruptions import KINDS, grow

PASSAGES = (
    "Automotive technicians are paid by the hour or on commission. In Alaska the average pay is 49 dollars per day. "
    "The warming drawer keeps hot foods at serving temperature in the oven.",
    "A potato is cut into chunks with 3 eyes each. The chunks dry overnight in a cool location before planting.",
)
TEXTS = (
    "Most automotive technicians are paid by the hour in Alaska. The average pay is 49 dollars per day there. "
    "Some of the technicians can work on commission.",
    "You cut the potato into chunks with 3 eyes each. The chunks dry overnight in a cool location in Idaho. "
    "They are planted in the Spring after 14 days.",
    "The drawer below the oven keeps foods at serving temperature. It was made by General Electric in 1957. "
    "It is for warming food and should not be used for storage.",
)


def _answers() -> list[Document]:
    return [
        Document(f"a{at}", text, "rag", label="supported", contexts=(PASSAGES[at % 2],), is_reviewed=True)
        for at, text in enumerate(TEXTS)
    ]


def _rest(document: Document) -> str:
    """The text without its spans."""
    cuts = [0, *(place for span in document.spans for place in (span.start, span.end)), len(document.text)]
    return "".join(document.text[a:b] for a, b in list(pairwise(cuts))[::2])


def _is_subsequence(part: str, whole: str) -> bool:
    characters = iter(whole)
    return all(character in characters for character in part)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), at=st.integers(0, 2), kind=st.sampled_from(sorted(set(KINDS) - {"evidence"})))
def test_text_outside_of_the_spans_is_the_sources_and_the_spans_are_new(seed: int, at: int, kind: str) -> None:
    source = _answers()[at]
    wrong = KINDS[kind](source, _answers(), random.Random(seed))
    if wrong is None:
        return
    assert wrong.text != source.text and wrong.spans and wrong.label == "hallucinated"
    # A sentence that moves in brings the blank behind it, which is not part of the span.
    assert _is_subsequence(_rest(wrong).replace(" ", ""), source.text)
    assert all(wrong.surface(span) == wrong.surface(span).strip() for span in wrong.spans)
    for span in wrong.spans:
        assert source.text[span.start : span.end] != wrong.surface(span) or kind == "sentence"
    assert wrong.contexts == source.contexts


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_finds_something_in_these_answers(kind: str) -> None:
    found = [KINDS[kind](source, _answers(), random.Random(seed)) for seed in range(20) for source in _answers()]
    assert any(found)


def test_a_swapped_number_stands_in_no_passage() -> None:
    wrong = KINDS["numbers"](_answers()[0], _answers(), random.Random(3))
    assert wrong is not None
    (span,) = wrong.spans
    assert TEXTS[0][: span.start].endswith("pay is ") and wrong.surface(span).isdigit()
    assert wrong.surface(span) not in PASSAGES[0]


def test_a_removed_passage_sentence_leaves_the_answer_as_it_is() -> None:
    found = (KINDS["evidence"](source, _answers(), random.Random(seed)) for seed in range(20) for source in _answers())
    wrong = next(one for one in found if one is not None)
    source = next(one for one in _answers() if one.id == wrong.id)
    assert wrong.text == source.text
    assert len("".join(wrong.contexts)) < len("".join(source.contexts))
    assert all(wrong.surface(span) in source.text and span.end - span.start < len(source.text) for span in wrong.spans)


def test_the_same_seed_grows_the_same_documents() -> None:
    first, second = (grow(_answers(), copies=2, seed=5) for _ in range(2))
    assert first == second and len({document.id for document in first}) == len(first) == 6


def test_answers_with_spans_and_answers_nobody_read_are_not_grown() -> None:
    marked, unread = _answers()[:2]
    marked = Document(marked.id, marked.text, spans=(Span(0, 4, "unsupported"),), is_reviewed=True)
    unread = Document(unread.id, unread.text, contexts=unread.contexts)
    assert grow([marked, unread], copies=3, seed=0) == []
