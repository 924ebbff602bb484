"""The baselines: words and word pairs of a class, and pieces that were marked before."""

from collections.abc import Callable

import pytest

from tokapp.documents import Document, Span
from tokapp.evaluation.baselines import predict_known_pieces, predict_with_tfidf


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


MARKED = [
    Document("a", "the dark mode", spans=(Span(4, 13, "feature"),)),
    Document("b", "Dark Mode again", spans=(Span(0, 9, "feature"),)),
    Document("c", "dark mode", spans=(Span(0, 9, "wish"),)),
    Document("d", "a dark place", spans=(Span(2, 6, "problem"),)),
]


def test_marked_pieces_are_found_again_the_longest_first_with_their_usual_label() -> None:
    text = "\U0001f389 DARK  mode, dark night and darkness"
    [prediction] = predict_known_pieces(MARKED, [Document("x", text)])
    found = [(text[span.start : span.end], span.label) for span in prediction.spans]
    assert found == [("DARK  mode", "feature"), ("dark", "problem")]


def test_without_marked_pieces_nothing_is_found() -> None:
    assert [one.spans for one in predict_known_pieces([], MARKED)] == [()] * len(MARKED)
