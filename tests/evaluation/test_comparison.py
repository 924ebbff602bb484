"""What changed between two sets of spans."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from tokapp.documents import Span
from tokapp.evaluation.comparison import Change, compare_spans

spans = some.lists(
    some.builds(
        lambda start, length, label: Span(start, start + length, label),
        some.integers(0, 20),
        some.integers(1, 8),
        some.sampled_from(["a", "b"]),
    ),
    max_size=6,
    unique_by=lambda span: span.key,
)


def test_gained_lost_changed_and_kept_are_told_apart() -> None:
    kept, longer, relabelled, lost, gained = (Span(at, at + 4, "a") for at in (0, 10, 20, 30, 40))
    changes = compare_spans([kept, longer, relabelled, lost], [kept, Span(10, 18, "a"), Span(20, 24, "b"), gained])
    assert changes.kept == (kept,)
    assert changes.lost == (lost,)
    assert changes.gained == (gained,)
    assert changes.changed == (Change(longer, Span(10, 18, "a")), Change(relabelled, Span(20, 24, "b")))


def test_a_span_split_in_two_changes_once_and_gains_once() -> None:
    changes = compare_spans([Span(0, 10, "a")], [Span(0, 6, "a"), Span(7, 10, "a")])
    assert changes.changed == (Change(Span(0, 10, "a"), Span(0, 6, "a")),)
    assert changes.gained == (Span(7, 10, "a"),)


def test_scores_do_not_make_a_change() -> None:
    assert compare_spans([Span(0, 4, "a", 0.9)], [Span(0, 4, "a", 0.6)]).is_empty


@given(old=spans, new=spans)
def test_every_span_is_accounted_for_exactly_once(old: list[Span], new: list[Span]) -> None:
    changes = compare_spans(old, new)
    before = [*changes.kept, *changes.lost, *(change.old for change in changes.changed)]
    after = [*changes.kept, *changes.gained, *(change.new for change in changes.changed)]
    assert sorted(before) == sorted(old)
    assert sorted(after) == sorted(new)
