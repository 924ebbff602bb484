"""One measure of agreement over all, per pair of persons, per label and over time, and where people differ most."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, TypeAlias

from tokapp.evaluation.agreement.measures import Measure
from tokapp.evaluation.agreement.values import Study, pairs

PeriodLength: TypeAlias = Literal["week", "month"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A value, at most 1, and the number of documents that it stands on; None where the measure is not defined."""

    value: float | None
    documents: int


@dataclass(frozen=True, slots=True)
class Dispute:
    """A document on which people differ: of all different spans that anybody marked, `contested` lack somebody's vote.

    `persons` is how many annotated it.
    """

    document_id: str
    persons: int
    contested: int
    spans: int


@dataclass(frozen=True, slots=True)
class AgreementReport:
    """What to show of a study under one measure.

    `pairs` by two persons' names in order of name, `labels` by label, `spans` how many spans of each label by person;
    `periods` by the first day (weeks begin on Monday), earliest first; `disputes` with the most contested spans first.
    """

    persons: tuple[str, ...]
    overall: Figure
    pairs: Mapping[tuple[str, str], Figure]
    labels: Mapping[str, Figure]
    spans: Mapping[str, Mapping[str, int]]
    periods: Mapping[date, Figure]
    disputes: tuple[Dispute, ...]


def measure_agreement(study: Study, measure: Measure, *, period: PeriodLength = "month") -> AgreementReport:
    """The report of a study, which has already been cut down to the persons and the label that are asked for."""
    periods = documents_by_period(study, period)
    return AgreementReport(
        persons=study.persons,
        overall=_figure(study, measure),
        pairs={pair: _figure(study.only(persons=pair), measure) for pair in pairs(study.persons)},
        labels={label: _figure(study.only(label=label), measure) for label in study.labels},
        spans=count_spans(study),
        periods={day: _figure(study.only(documents=keys), measure) for day, keys in periods.items()},
        disputes=disputes(study),
    )


def _figure(study: Study, measure: Measure) -> Figure:
    least = len(study.persons) if measure.needs_everyone else 2
    return Figure(measure.compute(study), len(study.shared(study.persons, least=max(least, 2))))


def count_spans(study: Study) -> dict[str, dict[str, int]]:
    """How many spans each person marked with each label in the documents that at least two persons annotated."""
    keys = study.shared(study.persons)
    counts = {
        name: Counter(span.label for key in keys for span in study.annotations[name].get(key, ()))
        for name in study.persons
    }
    return {label: {name: counts[name][label] for name in study.persons} for label in study.labels}


def documents_by_period(study: Study, period: PeriodLength) -> dict[date, list[str]]:
    """Ids of the documents that became comparable in each period, which is when the last of the persons finished.

    Documents of fewer than two persons, and those without a known moment, are left out.
    """
    found: dict[date, list[str]] = defaultdict(list)
    for key in study.shared(study.persons):
        moments = [moment for name in study.persons if (moment := study.moments.get(name, {}).get(key))]
        if moments:
            found[_first_day(max(moments).date(), period)].append(key)
    return dict(sorted(found.items()))


def _first_day(day: date, period: PeriodLength) -> date:
    return day.replace(day=1) if period == "month" else day - timedelta(days=day.weekday())


def disputes(study: Study) -> tuple[Dispute, ...]:
    """Documents on which people differ, most contested spans first, then the greatest share of contested ones."""
    found = [_dispute(study, key) for key in study.shared(study.persons)]
    differing = [one for one in found if one.contested]
    return tuple(sorted(differing, key=lambda one: (-one.contested, one.spans, one.document_id)))


def _dispute(study: Study, key: str) -> Dispute:
    versions = [study.annotations[name][key] for name in study.persons if key in study.annotations[name]]
    votes = Counter(span for spans in versions for span in {span.key for span in spans})
    return Dispute(key, len(versions), sum(number < len(versions) for number in votes.values()), len(votes))
