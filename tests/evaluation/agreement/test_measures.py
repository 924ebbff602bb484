"""What every measure of agreement must hold, whoever annotated whatever."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tokapp.documents import Span
from tokapp.evaluation.agreement import MEASURES, Annotations, Measure, Study, find_measure
from tokapp.evaluation.agreement.nominal_alpha import nominal_alpha
from tokapp.evaluation.agreement.unitizing_alpha import Continuum, unitizing_alpha
from tokapp.evaluation.agreement.words import word_classes

TEXTS = {"a": "The dark mode of version 3 is fine, isn't it?", "b": "暗いモード 👩‍👩‍👧 works", "c": "No."}
FEW = settings(max_examples=40, deadline=None)
MEASURE = pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.name)


@some.composite
def spans_of(draw: some.DrawFn, text: str) -> tuple[Span, ...]:
    """Any spans of a text, nested, overlapping and side by side."""
    ranges = some.tuples(some.integers(0, len(text) - 1), some.integers(1, len(text)), some.sampled_from("xy"))
    drawn = draw(some.lists(ranges, max_size=4))
    return tuple(sorted({Span(start, end, label) for start, end, label in drawn if start < end}))


@some.composite
def studies(draw: some.DrawFn, *, most: int = 4) -> Study:
    """Up to four persons, each with some of the documents."""
    persons = draw(some.lists(some.sampled_from(["ana", "ben", "cem", "dia"]), max_size=most, unique=True))
    annotations: dict[str, dict[str, tuple[Span, ...]]] = {}
    for name in persons:
        keys = draw(some.sets(some.sampled_from(sorted(TEXTS))))
        annotations[name] = {key: draw(spans_of(TEXTS[key])) for key in sorted(keys)}
    return Study(TEXTS, annotations)


@MEASURE
@FEW
@given(study=studies())
def test_a_value_is_a_number_up_to_one_or_missing(measure: Measure, study: Study) -> None:
    value = measure.compute(study)
    assert value is None or (math.isfinite(value) and value <= 1 + 1e-9)


@MEASURE
@FEW
@given(study=studies(), names=some.permutations(["ana", "ben", "cem", "dia"]))
def test_who_is_called_what_changes_nothing(measure: Measure, study: Study, names: list[str]) -> None:
    renamed = dict(zip(["ana", "ben", "cem", "dia"], names, strict=True))
    other = Study(TEXTS, {renamed[name]: found for name, found in study.annotations.items()})
    assert measure.compute(other) == pytest.approx(measure.compute(study))


@MEASURE
@FEW
@given(spans=some.fixed_dictionaries({key: spans_of(text) for key, text in TEXTS.items()}), persons=some.integers(2, 4))
def test_who_says_the_same_agrees_fully(measure: Measure, spans: dict[str, tuple[Span, ...]], persons: int) -> None:
    """Unless there is nothing to agree on: no marks at all, or all words of one class, which chance would explain."""
    value = measure.compute(Study(TEXTS, {f"person {number}": spans for number in range(persons)}))
    classes = {code for key, text in TEXTS.items() for code in word_classes(text, spans[key])}
    if any(spans.values()) and len(classes) > 1:
        assert value == pytest.approx(1)
    else:
        assert value is None or value == pytest.approx(1)


@MEASURE
@pytest.mark.parametrize(
    "annotations",
    [
        pytest.param({}, id="nobody"),
        pytest.param({"ana": {}}, id="one-person-without-documents"),
        pytest.param({"ana": {"a": (Span(0, 3, "x"),)}}, id="one-person"),
        pytest.param({"ana": {"a": (Span(0, 3, "x"),)}, "ben": {"b": (Span(0, 2, "x"),)}}, id="no-shared-document"),
        pytest.param({"ana": {"a": ()}, "ben": {"a": ()}}, id="nobody-marked-anything"),
    ],
)
def test_where_nothing_can_be_compared_there_is_no_value(measure: Measure, annotations: Annotations) -> None:
    assert measure.compute(Study(TEXTS, annotations)) is None


@MEASURE
def test_an_empty_text_is_no_error(measure: Measure) -> None:
    assert measure.compute(Study({"empty": ""}, {"ana": {"empty": ()}, "ben": {"empty": ()}})) is None


@pytest.mark.parametrize("name", ["cohen", "fleiss", "nominal_alpha", "unitizing_alpha"])
def test_one_class_on_everything_is_what_chance_would_give(name: str) -> None:
    whole = (Span(0, 3, "x"),)
    study = Study({"c": "No."}, {"ana": {"c": whole}, "ben": {"c": whole}})
    assert find_measure(name).compute(study) is None


@MEASURE
def test_one_marks_and_the_other_does_not(measure: Measure) -> None:
    study = Study(TEXTS, {"ana": {"a": (Span(4, 13, "x"),)}, "ben": {"a": ()}})
    value = measure.compute(study)
    assert value is not None and value <= 0


def test_spans_that_only_overlap_agree_by_overlap_alone() -> None:
    study = Study(TEXTS, {"ana": {"a": (Span(4, 13, "x"),)}, "ben": {"a": (Span(0, 13, "x"),)}})
    assert find_measure("exact_f1").compute(study) == 0
    assert find_measure("overlap_f1").compute(study) == 1


def test_a_pair_without_shared_documents_does_not_count() -> None:
    same = (Span(4, 13, "x"),)
    study = Study(TEXTS, {"ana": {"a": same}, "ben": {"a": same, "b": ()}, "cem": {"b": (Span(0, 2, "x"),)}})
    assert find_measure("exact_f1").compute(study) == pytest.approx((1 + 0) / 2)


def test_fleiss_takes_only_what_everybody_annotated() -> None:
    same, other = (Span(4, 13, "x"),), (Span(0, 2, "x"),)
    study = Study(TEXTS, {"ana": {"a": same, "b": other}, "ben": {"a": same, "b": ()}, "cem": {"a": same}})
    assert find_measure("fleiss").compute(study) == pytest.approx(1)


def test_a_word_under_two_labels_is_of_its_own_class() -> None:
    classes = word_classes("dark mode on", [Span(0, 9, "x"), Span(5, 12, "y"), Span(6, 7, "y")])
    assert classes == [("x",), ("x", "y"), ("y",)]


@FEW
@given(rows=some.lists(some.text("·xyz", min_size=6, max_size=6), min_size=2, max_size=4))
def test_units_of_one_character_make_unitizing_the_same_as_nominal_alpha(rows: list[str]) -> None:
    spans = tuple(tuple(Span(at, at + 1, code) for at, code in enumerate(row) if code != "·") for row in rows)
    assert unitizing_alpha([Continuum(6, spans)]) == pytest.approx(nominal_alpha(rows))


@FEW
@given(parts=some.lists(some.tuples(spans_of(TEXTS["a"]), spans_of(TEXTS["a"])), min_size=1, max_size=3))
def test_texts_laid_end_to_end_are_one_continuum(parts: list[tuple[tuple[Span, ...], tuple[Span, ...]]]) -> None:
    length = len(TEXTS["a"])

    def shifted(person: int) -> tuple[Span, ...]:
        return tuple(
            Span(span.start + place * length, span.end + place * length, span.label)
            for place, part in enumerate(parts)
            for span in part[person]
        )

    apart = unitizing_alpha(Continuum(length, part) for part in parts)
    together = unitizing_alpha([Continuum(length * len(parts), (shifted(0), shifted(1)))])
    assert apart == pytest.approx(together)
