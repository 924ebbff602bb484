"""The words everybody speaks: spans hold their surface, hashes tell texts apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokapp.documents import Attribution, Document, Prediction, Span, Target, content_hash


@given(st.text(min_size=1), st.data())
def test_a_span_keeps_its_surface(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    assert Document("1", text).surface(Span(start, end, "x")) == text[start:end]


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (3, 3), (4, 2)])
def test_an_empty_or_negative_span_cannot_be_made(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="0 <= start < end"):
        Span(start, end, "x")


def test_score_and_origin_do_not_make_two_spans_different() -> None:
    assert Span(0, 4, "x", score=0.5, origin="model:a") == Span(0, 4, "x", score=0.9, origin="person:b")


@given(st.text(), st.text(), st.lists(st.text(), max_size=3))
def test_the_hash_tells_which_part_a_character_stands_in(text: str, question: str, contexts: list[str]) -> None:
    moved = content_hash(text + "x", question, contexts)
    assert moved != content_hash(text, "x" + question, contexts)
    assert content_hash(text, question, contexts) == content_hash(text, question, tuple(contexts))


def test_a_prediction_names_its_most_probable_label() -> None:
    assert Prediction("1", "m", (), document_scores={"ham": 0.2, "spam": 0.8}).label == "spam"
    assert Prediction("1", "m", ()).label is None


def test_an_attribution_becomes_a_shap_explanation() -> None:
    attribution = Attribution("1", "m", Target("document", "spam"), ((0, 2), (3, 5)), ("no", "go"), (1.0, -0.5),
                              (0.1, 0.1), 0.25, 0.75, 4)  # fmt: skip
    explanation = attribution.to_shap()
    assert explanation.values.sum() + explanation.base_values == attribution.output_value
    assert list(explanation.data) == ["no", "go"]
