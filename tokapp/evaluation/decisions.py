"""What people decided on suggestions: rates with intervals, and whether sure ones are accepted more often."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

Outcome: TypeAlias = Literal["accepted", "edited", "rejected"]
BINS = 10


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of one suggestion: by whom and when, of which model (its `score` in [0, 1] if it gave one).

    `planted` names the kind of a wrong suggestion that was planted as a check; it is empty for a model's own.
    """

    document_id: int
    by: str
    at: datetime
    label: str
    model: str
    score: float | None
    outcome: Outcome
    planted: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """A share of `count` in `total` with its 95 % Wilson interval; without any it is None."""

    count: int
    total: int
    low: float
    high: float

    @property
    def value(self) -> float | None:
        """The share itself."""
        return self.count / self.total if self.total else None


@dataclass(frozen=True, slots=True)
class Rates:
    """How many suggestions were accepted, edited and rejected."""

    accepted: int
    edited: int
    rejected: int

    @property
    def total(self) -> int:
        """How many were decided on."""
        return self.accepted + self.edited + self.rejected

    def share(self, outcome: Outcome) -> Share:
        """The share of one outcome."""
        return share_of(getattr(self, outcome), self.total)


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Suggestions scored in [low, high): how sure the model was on average, and how many of them were accepted."""

    low: float
    high: float
    confidence: float
    accepted: Share


def share_of(count: int, total: int) -> Share:
    """A share with the interval of Wilson (1927) at 95 %; the interval of none is all of [0, 1]."""
    if not total:
        return Share(count, total, 0.0, 1.0)
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(count, total, alpha=0.05, method="wilson")
    return Share(count, total, float(low), float(high))


def rates(decisions: Iterable[Decision]) -> Rates:
    """How often each outcome came."""
    found = [one.outcome for one in decisions]
    return Rates(found.count("accepted"), found.count("edited"), found.count("rejected"))


def rates_by(decisions: Iterable[Decision], group: Callable[[Decision], str]) -> dict[str, Rates]:
    """The rates of each group, by its name."""
    groups: dict[str, list[Decision]] = defaultdict(list)
    for one in decisions:
        groups[group(one)].append(one)
    return {name: rates(groups[name]) for name in sorted(groups)}


def reliability(decisions: Iterable[Decision], *, bins: int = BINS) -> list[ReliabilityBin]:
    """Bins of equal width over [0, 1], those without a scored suggestion left out; a score of 1 is in the last."""
    places: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for one in decisions:
        if one.score is not None:
            places[min(int(one.score * bins), bins - 1)].append((one.score, one.outcome == "accepted"))
    return [_bin(place / bins, (place + 1) / bins, places[place]) for place in sorted(places)]


def _bin(low: float, high: float, members: Sequence[tuple[float, bool]]) -> ReliabilityBin:
    confidence = sum(score for score, _ in members) / len(members)
    return ReliabilityBin(low, high, confidence, share_of(sum(is_right for _, is_right in members), len(members)))
