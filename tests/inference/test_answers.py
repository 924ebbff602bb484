"""Answers that several ask for: made once, kept for a while, and made anew when whoever made them gave up."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tokapp.errors import BadInput, JobCancelled
from tokapp.inference.answers import Answers


def test_those_who_ask_at_the_same_time_share_one_answer() -> None:
    answers: Answers[int] = Answers()
    begun, made = threading.Event(), []

    def make() -> int:
        begun.set()
        time.sleep(0.2)
        made.append(1)
        return 7

    with ThreadPoolExecutor(8) as pool:
        found = [pool.submit(answers.find, "key", make, keep=False)]
        assert begun.wait(5)
        found += [pool.submit(answers.find, "key", make, keep=False) for _ in range(7)]
    assert [one.result() for one in found] == [7] * 8
    assert len(made) == 1


def test_an_answer_is_kept_only_where_it_was_asked_for() -> None:
    answers: Answers[int] = Answers()
    numbers = iter(range(9))
    assert [answers.find("kept", lambda: next(numbers), keep=True) for _ in range(3)] == [0, 0, 0]
    assert [answers.find("other", lambda: next(numbers), keep=False) for _ in range(3)] == [1, 2, 3]


def test_the_answers_that_were_asked_for_last_are_kept() -> None:
    answers: Answers[str] = Answers(size=2)
    for key in ("a", "b", "a", "c"):
        answers.find(key, lambda: "first", keep=True)
    assert [answers.find(key, lambda: "again", keep=False) for key in "abc"] == ["first", "again", "first"]


def test_an_error_reaches_everybody_who_waits_and_is_forgotten() -> None:
    answers: Answers[int] = Answers()
    begun, go = threading.Event(), threading.Event()

    def broken() -> int:
        begun.set()
        go.wait(5)
        raise BadInput("not like this")

    with ThreadPoolExecutor(2) as pool:
        found = [pool.submit(answers.find, "key", broken, keep=True)]
        assert begun.wait(5)
        found.append(pool.submit(answers.find, "key", broken, keep=True))
        time.sleep(0.05)
        go.set()
        for one in found:
            with pytest.raises(BadInput, match="not like this"):
                one.result()
    assert answers.find("key", lambda: 3, keep=True) == 3


def test_whoever_still_waits_makes_the_answer_that_another_gave_up() -> None:
    answers: Answers[int] = Answers()
    begun, go = threading.Event(), threading.Event()

    def give_up() -> int:
        begun.set()
        go.wait(5)
        raise JobCancelled("the time is up")

    with ThreadPoolExecutor(2) as pool:
        hasty = pool.submit(answers.find, "key", give_up, keep=True)
        assert begun.wait(5)
        patient = pool.submit(answers.find, "key", lambda: 5, keep=True)
        time.sleep(0.05)
        go.set()
        with pytest.raises(JobCancelled):
            hasty.result()
        assert patient.result() == 5


def test_nobody_waits_for_another_past_their_own_time() -> None:
    answers: Answers[int] = Answers()
    begun, go = threading.Event(), threading.Event()

    def slow() -> int:
        begun.set()
        go.wait(5)
        return 1

    with ThreadPoolExecutor(1) as pool:
        pool.submit(answers.find, "key", slow, keep=True)
        assert begun.wait(5)
        with pytest.raises(JobCancelled):
            answers.find("key", slow, keep=True, until=time.monotonic() + 0.05)
        go.set()
