"""The linear baseline learns words, sees only what the view shows, and answers for every document."""

from collections.abc import Callable

import pytest

from tokapp.documents import Document
from tokapp.evaluation.baselines import predict_with_tfidf


def _documents(*pairs: tuple[str, str | None]) -> list[Document]:
    return [Document(str(index), text, label=label) for index, (text, label) in enumerate(pairs)]


TRAIN = _documents(*[("win money now", "spam"), ("see you at lunch", "ham")] * 4, ("no label", None))


def test_words_of_a_class_speak_for_it() -> None:
    predictions = predict_with_tfidf(TRAIN, _documents(("win money", None), ("lunch", None)), view=str)
    assert [prediction.label for prediction in predictions] == ["spam", "ham"]
    assert all(sum(prediction.document_scores.values()) == pytest.approx(1) for prediction in predictions)


def test_what_the_view_hides_decides_nothing() -> None:
    hide: Callable[[str], str] = lambda text: text.replace("win money", "         ")  # noqa: E731
    first, second = predict_with_tfidf(TRAIN, _documents(("win money", None), ("", None)), view=hide)
    assert first.document_scores == second.document_scores
