"""The report of a study: pairs, labels, periods and disputed documents, worked out by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as some

from tokapp.documents import Span
from tokapp.evaluation.agreement import Figure, Moments, PeriodLength, Study, find_measure, measure_agreement
from tokapp.evaluation.agreement.report import disputes, documents_by_period

TEXT = "The dark mode is slow"
MODE, SLOW, DARK = Span(4, 13, "feature"), Span(17, 21, "fault"), Span(4, 8, "feature")
EXACT = find_measure("exact_f1")


def at(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 23, tzinfo=UTC)


MOMENTS: Moments = {
    "ana": {"one": at(3, 31), "two": at(3, 2), "three": at(3, 3)},
    "ben": {"one": at(4, 1), "two": at(3, 8)},
    "cem": {"one": at(3, 1)},
}
STUDY = Study(
    dict.fromkeys(("one", "two", "three"), TEXT),
    {
        "ana": {"one": (MODE, SLOW), "two": (MODE,), "three": (SLOW,)},
        "ben": {"one": (MODE, SLOW), "two": (DARK,)},
        "cem": {"one": (DARK,)},
    },
    MOMENTS,
)


def test_a_report_has_every_pair_every_label_and_the_documents_they_stand_on() -> None:
    report = measure_agreement(STUDY, EXACT)
    assert report.persons == ("ana", "ben", "cem")
    assert report.pairs == {
        ("ana", "ben"): Figure(2 / 3, 2),
        ("ana", "cem"): Figure(0.0, 1),
        ("ben", "cem"): Figure(0.0, 1),
    }
    assert report.overall == Figure(2 / 9, 2)
    assert report.labels["fault"] == Figure(1 / 3, 2)
    assert report.spans["fault"] == {"ana": 1, "ben": 1, "cem": 0}


def test_fleiss_says_that_it_stands_on_the_documents_of_all_persons() -> None:
    assert measure_agreement(STUDY, find_measure("fleiss")).overall.documents == 1


def test_a_document_belongs_to_the_period_in_which_the_last_person_finished() -> None:
    assert documents_by_period(STUDY, "month") == {date(2026, 3, 1): ["two"], date(2026, 4, 1): ["one"]}
    assert documents_by_period(STUDY, "week") == {date(2026, 3, 2): ["two"], date(2026, 3, 30): ["one"]}


def test_over_time_each_period_has_the_value_of_its_documents() -> None:
    report = measure_agreement(STUDY.only(persons=["ana", "ben"]), EXACT)
    assert report.periods == {date(2026, 3, 1): Figure(0.0, 1), date(2026, 4, 1): Figure(1.0, 1)}


def test_the_most_contested_document_comes_first() -> None:
    found = [(one.document_id, one.persons, one.contested, one.spans) for one in disputes(STUDY)]
    assert found == [("one", 3, 3, 3), ("two", 2, 2, 2)]


def test_a_document_on_which_all_agree_is_not_disputed() -> None:
    assert [one.document_id for one in disputes(STUDY.only(persons=["ana", "ben"]))] == ["two"]


def test_one_person_alone_gives_a_report_without_values() -> None:
    report = measure_agreement(STUDY.only(persons=["ana"]), EXACT)
    assert report.overall == Figure(None, 0)
    assert (report.pairs, report.periods, report.disputes) == ({}, {}, ())


@given(some.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), some.sampled_from(["week", "month"]))
def test_a_period_begins_on_or_before_the_day_and_ends_after_it(moment: datetime, period: PeriodLength) -> None:
    study = Study({"d": ""}, {"ana": {"d": ()}, "ben": {"d": ()}}, {"ana": {"d": moment}})
    [first] = documents_by_period(study, period)
    assert 0 <= (moment.date() - first).days < (7 if period == "week" else 31)
    assert first.weekday() == 0 if period == "week" else first.day == 1
