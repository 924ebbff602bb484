"""Coefficients against the worked examples of the papers that define them."""

from __future__ import annotations

from collections import Counter

import pytest

from tokapp.documents import Span
from tokapp.evaluation.agreement.cohen import cohen_kappa
from tokapp.evaluation.agreement.fleiss import fleiss_kappa
from tokapp.evaluation.agreement.nominal_alpha import nominal_alpha
from tokapp.evaluation.agreement.unitizing_alpha import Continuum, unitizing_alpha


def test_cohen_1960_two_judges_of_200_patients() -> None:
    table = [[88, 10, 2], [14, 40, 6], [18, 10, 12]]
    units = [(row, column) for row in range(3) for column in range(3) for _ in range(table[row][column])]
    first, second = zip(*units, strict=True)
    assert cohen_kappa(first, second) == pytest.approx(0.492, abs=5e-4)


def test_the_example_of_scikit_learn_with_words_for_classes() -> None:
    first = ["negative", "positive", "negative", "neutral", "positive"]
    second = ["negative", "positive", "negative", "neutral", "negative"]
    assert cohen_kappa(first, second) == pytest.approx(0.6875)


FLEISS_1971 = [
    "444444", "222555", "233335", "555555", "222444", "113333", "333355", "113334", "114444", "555555",
    "144444", "124444", "222333", "144444", "224445", "333335", "111455", "111112", "224444", "133555",
    "555555", "244444", "224555", "114444", "144445", "222224", "111155", "224444", "133333", "555555",
]  # fmt: skip
"""Diagnoses that six psychiatrists gave to each of thirty patients."""


def test_fleiss_1971_thirty_patients_and_six_psychiatrists() -> None:
    table = [[Counter(patient)[code] for code in "12345"] for patient in FLEISS_1971]
    assert fleiss_kappa(table) == pytest.approx(0.430, abs=5e-4)


def test_the_example_of_wikipedia_ten_subjects_and_fourteen_raters() -> None:
    table = [
        [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
    ]  # fmt: skip
    assert fleiss_kappa(table) == pytest.approx(0.210, abs=5e-4)


def coded(*rows: str) -> list[list[str | None]]:
    """One character per unit; a dot for a missing value."""
    return [[None if value == "." else value for value in row] for row in rows]


@pytest.mark.parametrize(
    ("rows", "alpha"),
    [
        pytest.param(["0100000010", "1110010000"], 0.095, id="2011-A-two-observers-two-values"),
        pytest.param(["aabbdcccedda", "babbbccceddd"], 0.692, id="2011-B-two-observers-five-values"),
        pytest.param(
            ["123321412...", "1233224125.3", ".3332342251.", "12332441251."], 0.743, id="2011-C-missing-values"
        ),
        pytest.param([".....34121133.3", "1.213343.......", "..21344.21133.4"], 0.691, id="three-observers-with-gaps"),
        pytest.param(
            ["001111111100001111110000", "000011110000000110000000"], 0.329, id="1995-figure-A-cut-into-equal-pieces"
        ),
    ],
)
def test_krippendorff_nominal_alpha(rows: list[str], alpha: float) -> None:
    assert nominal_alpha(coded(*rows)) == pytest.approx(alpha, abs=5e-4)


def units(*rows: tuple[int, int, str]) -> tuple[Span, ...]:
    """Spans from first and last position, counted from 1, as the book prints them."""
    return tuple(Span(first - 1, last, value) for first, last, value in rows)


ALEX = units((1, 7, "1"), (8, 13, "2"), (31, 32, "5"), (33, 37, "6"), (38, 44, "6"), (45, 60, "7"))
PAUL = units((1, 7, "1"), (8, 13, "3"), (14, 21, "5"), (33, 44, "6"))
SUZAN = units((1, 7, "1"), (8, 13, "4"), (14, 21, "5"), (33, 37, "6"), (38, 41, "6"), (42, 44, "6"))


def test_krippendorff_2019_figure_12_11_unitizing_alpha() -> None:
    assert unitizing_alpha([Continuum(60, (ALEX, PAUL, SUZAN))]) == pytest.approx(0.510, abs=5e-4)


def test_krippendorff_2019_figure_12_11_borders_alone() -> None:
    """The binary coefficient (eq. 35) is the same with one value for every unit."""
    bare = tuple(tuple(Span(one.start, one.end, "unit") for one in spans) for spans in (ALEX, PAUL, SUZAN))
    assert unitizing_alpha([Continuum(60, bare)]) == pytest.approx(0.413, abs=1e-3)
