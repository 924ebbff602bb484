"""How many threads work: one while a model is loaded, and what was chosen from then on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from tokapp.models import device


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(device._Chosen, "threads", 0)
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def test_a_model_is_loaded_in_one_thread_and_others_are_left_as_they_were() -> None:
    torch.set_num_threads(2)
    with device.one_thread():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 2


def test_whoever_waits_for_a_model_on_a_processor_waits_for_a_small_batch() -> None:
    assert device.batch_tokens(torch.device("cpu")) == 1024 < device.batch_tokens(torch.device("cuda"))


def test_threads_that_were_chosen_stay() -> None:
    device.choose_threads(2, lambda: None)
    with device.one_thread():
        assert torch.get_num_threads() == 2
        device.choose_threads(3, lambda: None)
    assert torch.get_num_threads() == 3


def test_more_threads_that_are_far_slower_are_given_up_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "available_cores", lambda: 2)
    seconds = {1: 0.001, 2: 0.01}
    runs: list[int] = []

    def work() -> None:
        import time

        runs.append(torch.get_num_threads())
        time.sleep(seconds[runs[-1]])

    assert device.choose_threads(0, work) == 1
    assert runs.count(1) == 4 and runs.count(2) == 2
