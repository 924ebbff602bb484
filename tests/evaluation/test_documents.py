"""Document label metrics, against scikit-learn and by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some
from sklearn.metrics import accuracy_score, f1_score

from tokapp.evaluation.documents import label_scores

labels = some.sampled_from(["ham", "spam", "phishing"])


@given(some.lists(some.tuples(labels, labels), min_size=1, max_size=40))
def test_macro_f1_and_accuracy_agree_with_scikit_learn(rows: list[tuple[str, str]]) -> None:
    gold, predicted = [list(column) for column in zip(*rows, strict=True)]
    scores = label_scores(gold, predicted)
    expected = f1_score(gold, predicted, labels=sorted(set(gold)), average="macro", zero_division=0)
    assert scores.macro_f1 == pytest.approx(expected)
    assert scores.accuracy == pytest.approx(accuracy_score(gold, predicted))


def test_a_missing_prediction_is_a_wrong_one() -> None:
    assert label_scores(["ham", "spam"], ["ham", None]).macro_f1 == 0.5


def test_nothing_to_judge_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one"):
        label_scores([], [])
