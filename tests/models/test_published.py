"""Class names of classifiers that others published."""

from __future__ import annotations

import pytest

from tokapp.errors import ModelUnavailable
from tokapp.models.published import classes_of, task_for


@pytest.mark.parametrize(
    ("names", "classes"),
    [
        ("O B-PER I-PER", "O B-PER I-PER"),
        ("O B-PER I-PER L-PER U-PER I-LOC", "O B-PER I-PER E-PER S-PER I-LOC"),
        ("O B_PER I_PER E_PER", "O B-PER I-PER I-PER"),
        ("O PER S-LOC", "O I-PER B-LOC"),
        ("LABEL_0 LABEL_1", "O I-unsupported"),
    ],
)
def test_marks_are_read_as_far_as_a_label_has_all_of_a_scheme(names: str, classes: str) -> None:
    assert classes_of(dict(enumerate(names.split()))) == tuple(classes.split())


def test_a_model_without_an_outside_class_in_front_is_refused() -> None:
    with pytest.raises(ModelUnavailable, match="must be O"):
        classes_of({0: "B-PER", 1: "O"})


def test_a_detector_of_what_is_unsupported_reads_answers_beside_their_passages() -> None:
    assert task_for("lettuce", classes_of({0: "LABEL_0", 1: "LABEL_1"})).part == "answer"
    assert task_for("names", ("O", "I-PER")).part == "text"
