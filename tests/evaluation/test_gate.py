"""The promotion gate: each label on its own, by a margin."""

from __future__ import annotations

import pytest

from tokapp.documents import Document, Prediction, Span
from tokapp.evaluation.gate import judge
from tokapp.tasks import Label, Task

TASK = Task(
    "t",
    "T",
    span_labels=(Label("a", "#112233", "a"), Label("b", "#332211", "b")),
    document_labels=(Label("yes", "#113322"), Label("no", "#331122")),
)
A, B = Span(0, 2, "a"), Span(3, 5, "b")


def said(*spans: Span, **scores: float) -> Prediction:
    return Prediction("d", "m", spans, document_scores=scores)


def test_a_gain_of_one_label_does_not_pay_for_the_loss_of_another() -> None:
    documents = [Document("d", "aa bb cc", spans=(A, B)), Document("e", "aa bb cc", spans=(A,))]
    gate = judge(documents, [said(A, B), said()], [said(A), said(A)], TASK)
    assert {one.label: (one.support, round(one.before, 3), one.after) for one in gate.labels} == {
        "a": (2, 0.667, 1.0),
        "b": (1, 1.0, 0.0),
    }
    assert [one.label for one in gate.failing] == ["b"] and not gate.is_passed


def test_a_loss_of_just_the_margin_passes() -> None:
    documents = [Document("d", "aa bb cc", spans=(A,))] * 3
    before, after = [said(A)] * 3, [said(A), said(A), said()]
    assert judge(documents, before, after, TASK, margin=1 - 4 / 5).is_passed
    assert not judge(documents, before, after, TASK, margin=0.19).is_passed


def test_a_label_that_people_never_gave_fails_a_model_that_gives_it() -> None:
    gate = judge([Document("d", "aa bb cc", spans=(A,))], [said(A)], [said(A, B)], TASK)
    assert [(one.label, one.support, one.loss) for one in gate.failing] == [("b", 0, 1.0)]


def test_labels_of_whole_documents_are_judged_too() -> None:
    documents = [Document("d", "aa", label="yes"), Document("e", "aa", label="no")]
    gate = judge(documents, [said(yes=0.9, no=0.1), said(no=0.9)], [said(yes=0.9), said(yes=0.8, no=0.2)], TASK)
    assert {one.label: (one.is_of_whole, round(one.loss, 3)) for one in gate.labels} == {
        "yes": (True, 0.333),
        "no": (True, 1.0),
    }


def test_lists_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(ValueError, match="do not go together"):
        judge([Document("d", "aa")], [], [], TASK)
