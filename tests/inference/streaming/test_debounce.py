"""When single risky tokens are believed."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokapp.errors import BadInput
from tokapp.inference.streaming import Level, first_stop
from tokapp.inference.streaming.debounce import Mode, debounce

NAMES: dict[str, Level] = {"S": "Safe", "U": "Unsafe", "C": "Controversial"}
levels = st.lists(st.sampled_from(tuple(NAMES.values())), max_size=12)


def read(written: str) -> list[Level]:
    return [NAMES[name] for name in written.replace(" ", "")]


@pytest.mark.parametrize(
    ("written", "report", "evaluation"),
    [
        ("S U S U S", None, None),
        ("S U U S", (2, "Unsafe"), (2, "Unsafe")),
        ("S U C U C", (2, "Unsafe"), None),
        ("C C S U U", (1, "Controversial"), (4, "Unsafe")),
        ("U", None, None),
        ("C C S U C", (1, "Controversial"), (1, "Controversial")),
        ("S C C C", (2, "Controversial"), (2, "Controversial")),
        ("", None, None),
    ],
)
def test_the_two_published_rules(
    written: str, report: tuple[int, Level] | None, evaluation: tuple[int, Level] | None
) -> None:
    assert first_stop(read(written)) == report
    assert first_stop(read(written), rule="eval") == evaluation


@pytest.mark.parametrize(
    ("written", "mode", "report", "evaluation"),
    [
        ("S C C S", "strict", (2, "Unsafe"), (2, "Unsafe")),
        ("S C C S", "loose", None, None),
        ("S U C S", "strict", (2, "Unsafe"), None),
        ("S U C S", "loose", None, None),
        ("C U U", "loose", (2, "Unsafe"), (2, "Unsafe")),
    ],
)
def test_controversial_counts_as_unsafe_or_as_safe(
    written: str, mode: Mode, report: tuple[int, Level] | None, evaluation: tuple[int, Level] | None
) -> None:
    assert first_stop(read(written), mode=mode) == report
    assert first_stop(read(written), rule="eval", mode=mode) == evaluation


@pytest.mark.parametrize(
    ("window", "stop"), [(1, (1, "Controversial")), (2, (4, "Unsafe")), (3, (5, "Unsafe")), (4, None)]
)
def test_the_window_is_how_many_risky_tokens_it_takes(window: int, stop: tuple[int, Level] | None) -> None:
    assert first_stop(read("S C S U C C S"), window=window) == stop


@given(levels)
def test_the_evaluation_rule_told_token_by_token_is_the_one_over_the_whole(some: list[Level]) -> None:
    pairs = [(place, one) for place, (one, other) in enumerate(pairwise(some), 1) if one == other != "Safe"]
    unsafe = [pair for pair in pairs if pair[1] == "Unsafe"]
    assert first_stop(some, rule="eval") == next(iter(unsafe or pairs), None)


@given(levels, levels)
def test_what_comes_later_takes_no_flag_back(some: list[Level], more: list[Level]) -> None:
    short, long = debounce("report"), debounce("report")
    assert [short.push(one) for one in some] == [long.push(one) for one in [*some, *more]][: len(some)]


@pytest.mark.parametrize("settings", [{"rule": "all"}, {"rule": "report", "window": 0}, {"rule": "eval", "mode": "x"}])
def test_settings_that_make_no_sense_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(BadInput, match=r"rule is report or eval|window"):
        debounce(**settings)  # type: ignore[arg-type]
