"""Turns are taken one after the other, in the order in which they were asked for."""

from __future__ import annotations

import threading
import time

from tokapp.models.turns import Turns


def test_one_who_waits_comes_before_one_who_has_just_let_go() -> None:
    turns, order = Turns(), []
    holding, done = threading.Event(), threading.Event()

    def job() -> None:
        for batch in range(4):
            with turns:
                order.append(f"batch {batch}")
                holding.set()
                time.sleep(0.05)
        done.set()

    thread = threading.Thread(target=job)
    thread.start()
    assert holding.wait(5)
    with turns:
        order.append("request")
    thread.join()
    assert order.index("request") == 1, order


def test_only_one_holds_it_and_nobody_is_forgotten() -> None:
    turns, inside, most, served = Turns(), [], [], []

    def work(number: int) -> None:
        for _ in range(200):
            with turns:
                inside.append(number)
                most.append(len(inside))
                inside.remove(number)
        served.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(served) == list(range(6))
    assert max(most) == 1


def test_an_error_inside_lets_the_next_one_in() -> None:
    turns = Turns()
    for _ in range(2):
        try:
            with turns:
                raise ValueError("inside")
        except ValueError:
            pass
    with turns:
        pass


def test_a_turn_that_is_left_goes_to_the_next() -> None:
    turns, reached = Turns(), threading.Event()
    turns.__enter__()
    impatient = threading.Lock()
    turns._waiting.append(impatient)
    after = threading.Thread(target=lambda: (turns.__enter__(), reached.set()))
    after.start()
    turns._leave(impatient)
    turns.__exit__(None, None, None)
    assert reached.wait(5)
    after.join()
