"""Turns: few runs at a time, all of them in the end, and none that waits for itself."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tokapp.ui.turns import AT_ONCE, in_turn


def test_a_crowd_takes_turns_and_everybody_has_one() -> None:
    at_once, most, count = 0, 0, threading.Lock()
    full = threading.Event()

    def run(_: int) -> None:
        nonlocal at_once, most
        with in_turn(), in_turn():
            with count:
                at_once += 1
                most = max(most, at_once)
                if at_once == AT_ONCE:
                    full.set()
            full.wait(30)
            with count:
                at_once -= 1

    with ThreadPoolExecutor(40) as pool:
        list(pool.map(run, range(40)))
    assert most == AT_ONCE


def test_a_turn_is_given_back_when_the_run_fails() -> None:
    for _ in range(2 * AT_ONCE):
        with pytest.raises(KeyError), in_turn():
            raise KeyError
    with in_turn():
        pass
