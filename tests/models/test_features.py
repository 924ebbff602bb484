"""Numbers per word: what an answer says that its passages do not."""

import numpy as np
import pytest

from tokapp.documents import Document
from tokapp.models.features import LIMIT, RAG_NAMES, rag
from tokapp.words import split_words

PASSAGE = "France is a country in Europe. The capital of France is Paris. Its population is 68 million."
QUESTION = "What is the capital of France?"


def _columns(text: str, *, contexts: tuple[str, ...] = (PASSAGE,)) -> dict[str, dict[str, float]]:
    """Feature by name, then by word (the last of equal words)."""
    words = split_words(text)
    table = rag(Document("d", text, question=QUESTION, contexts=contexts), words)
    surfaces = [text[start:end] for start, end in words]
    return {name: dict(zip(surfaces, table[:, at].tolist(), strict=True)) for at, name in enumerate(RAG_NAMES)}


def test_there_is_a_row_per_word_and_a_column_per_name() -> None:
    words = split_words("Paris, of course.")
    table = rag(Document("d", "Paris, of course.", contexts=(PASSAGE,)), words)
    assert table.shape == (len(words), len(RAG_NAMES)) and table.dtype == np.float32
    assert len(set(RAG_NAMES)) == len(RAG_NAMES)


def test_a_swapped_number_stands_out_and_a_right_one_does_not() -> None:
    column = _columns("Paris has 69 and not 68 million people.")["word number missing"]
    assert column["69"] == LIMIT
    assert column["68"] == column["million"] < 0


def test_a_name_that_no_passage_has_is_a_missing_name() -> None:
    column = _columns("The capital is Berlin or Paris.")["word name missing"]
    assert column["Berlin"] == LIMIT > column["Paris"]


def test_a_word_in_another_form_is_known() -> None:
    column = _columns("Many countries have capitals and volcanoes.")["word known"]
    assert column["countries"] == column["capitals"] > column["volcanoes"]


def test_a_pair_of_words_that_a_passage_has_is_joined() -> None:
    column = _columns("the capital of Europe")["word joined to the left"]
    assert column["capital"] > column["Europe"]


def test_a_supported_sentence_matches_better_than_one_from_elsewhere() -> None:
    found = _columns("The capital of France is Paris. Bananas contain much potassium.")
    for name in ("sentence best sentence", "clause known", "sentence all passages"):
        assert found[name]["Paris"] > found[name]["potassium"], name


def test_a_citation_is_held_against_the_passage_it_names() -> None:
    passages = ("Cats sleep long.", "Dogs bark loudly.")
    right = _columns("Passage 2 says dogs bark.", contexts=passages)["sentence known where cited"]["bark"]
    wrong = _columns("Passage 1 says dogs bark.", contexts=passages)["sentence known where cited"]["bark"]
    assert right > wrong


@pytest.mark.parametrize("contexts", [(), ("",), (PASSAGE,)])
@pytest.mark.parametrize("text", ["", "\n", "!?", "👍🏽 ok", "Çok güzel 東京", "1. \n2. "])
def test_odd_answers_and_no_passages_give_finite_numbers(text: str, contexts: tuple[str, ...]) -> None:
    words = split_words(text)
    table = rag(Document("d", text, contexts=contexts), words)
    assert table.shape == (len(words), len(RAG_NAMES))
    assert np.isfinite(table).all() and (np.abs(table) <= LIMIT).all()
