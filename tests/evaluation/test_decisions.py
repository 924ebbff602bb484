from datetime import UTC, datetime

import pytest

from tokapp.evaluation.decisions import Decision, Outcome, rates, rates_by, reliability, share_of

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def decision(outcome: Outcome, score: float | None = 0.9, label: str = "feature", by: str = "ana") -> Decision:
    return Decision(1, by, NOON, label, "m1", score, outcome)


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [
        # Newcombe (1998), Statistics in Medicine 17, table I, method 3 (Wilson, no continuity correction)
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_intervals_are_the_published_ones(count: int, total: int, low: float, high: float) -> None:
    found = share_of(count, total)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_a_share_of_nothing_says_nothing() -> None:
    found = share_of(0, 0)
    assert (found.value, found.low, found.high) == (None, 0.0, 1.0)


def test_rates_count_each_outcome_of_each_group() -> None:
    found = [
        decision("accepted"),
        decision("rejected"),
        decision("edited", label="bug"),
        decision("accepted", by="ben"),
    ]
    whole = rates(found)
    assert (whole.accepted, whole.edited, whole.rejected, whole.total) == (2, 1, 1, 4)
    assert whole.share("accepted").value == 0.5
    by_label = rates_by(found, lambda one: one.label)
    assert {name: (one.accepted, one.edited, one.rejected) for name, one in by_label.items()} == {
        "bug": (0, 1, 0),
        "feature": (2, 0, 1),
    }


def test_bins_hold_each_scored_suggestion_once() -> None:
    scores = (0.0, 0.05, 0.1, 0.95, 1.0, None)
    found = reliability([decision("accepted" if score else "rejected", score) for score in scores])
    assert [(one.low, one.high, one.accepted.count, one.accepted.total) for one in found] == [
        (0.0, 0.1, 1, 2),
        (0.1, 0.2, 1, 1),
        (0.9, 1.0, 2, 2),
    ]
    assert found[0].confidence == pytest.approx(0.025) and found[-1].confidence == pytest.approx(0.975)
    assert sum(one.accepted.total for one in found) == 5
