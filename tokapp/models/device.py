"""Where arithmetic runs: the device, and how many threads."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from math import inf
from threading import Lock

# Read when the OpenMP runtime starts, so it must stand before torch: waiting threads that spin make two threads many
# times slower than one as soon as anything else runs.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# oneDNN keeps what it compiled for each shape of a batch, by default for 1,024 of them. Batches of texts have ever new
# shapes: over 200,000 reviews that grew by 180 MB and saved no time.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "32")

import torch

from tokapp.errors import ModelUnavailable

_LOG = logging.getLogger(__name__)
_NO_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")
_THREADS_LOCK = Lock()


def choose_device(name: str) -> torch.device:
    """The device behind `auto`, `cuda`, `mps`, `cpu` or `cuda:1`; raises ModelUnavailable if it is not there."""
    if name == "auto":
        return _best_device()
    kind = name.split(":")[0]
    present = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not present.get(kind, False):
        raise ModelUnavailable(f"this machine has no device {name!r}; set TOKAPP_DEVICE=auto or cpu")
    return torch.device(name)


def batch_tokens(device: torch.device) -> int:
    """Tokens of a batch that keep a device busy.

    A processor is no faster with more of them, and whoever else waits for the model waits until a batch is through.
    """
    return 1024 if device.type == "cpu" else 4096


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether a device ran out of memory; only CUDA and XPU have an error of their own for it."""
    return isinstance(error, torch.OutOfMemoryError) or any(words in str(error).lower() for words in _NO_MEMORY)


def free_memory(device: torch.device) -> None:
    """Give back what the device's allocator keeps for later; the processor keeps nothing."""
    empty_cache = getattr(getattr(torch, device.type, None), "empty_cache", None)
    if empty_cache is not None:
        empty_cache()


@lru_cache(maxsize=8)
def bfloat16_gain(device: torch.device, width: int, inner: int) -> float:
    """How many times as fast as in float32 a product of `width` and `inner` columns is; 0 if the device has none."""
    times: dict[torch.dtype, list[float]] = {torch.float32: [], torch.bfloat16: []}
    try:
        pairs = {
            kind: (
                torch.ones(2048, width, dtype=kind, device=device),
                torch.ones(width, inner, dtype=kind, device=device),
            )
            for kind in times
        }
        for _ in range(7):
            for kind, (left, right) in pairs.items():
                start = time.perf_counter()
                (left @ right)[0, 0].item()  # waits for devices that work on their own
                times[kind].append(time.perf_counter() - start)
    except RuntimeError:
        return 0.0
    return sorted(times[torch.float32])[3] / sorted(times[torch.bfloat16])[3]


def _best_device() -> torch.device:
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


@lru_cache(maxsize=1)
def available_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Chosen:
    threads = 0


def choose_threads(wanted: int, work: Callable[[], object]) -> int:
    """Set torch's thread count once per process and return it: `wanted`, or with 0 the fastest for `work`."""
    with _THREADS_LOCK:
        if wanted and wanted != _Chosen.threads:
            _set_threads(wanted)
        elif not _Chosen.threads:
            _set_threads(_fastest(work))
        return _Chosen.threads


@contextmanager
def one_thread() -> Iterator[None]:
    """While entered, work in one thread if none were chosen yet.

    Loading is many small products: two threads, one of which has to wait for its core, took fifteen times as long.
    """
    before = torch.get_num_threads()
    with _THREADS_LOCK:
        if not _Chosen.threads:
            torch.set_num_threads(1)
    try:
        yield
    finally:
        with _THREADS_LOCK:
            if not _Chosen.threads:
                torch.set_num_threads(before)


def _set_threads(count: int) -> None:
    torch.set_num_threads(count)
    _Chosen.threads = count
    _LOG.info("torch threads=%d cores=%d", count, available_cores())


def _fastest(work: Callable[[], object]) -> int:
    """The thread count with the shortest run; half of the gain must be real, so ties go to fewer threads."""
    cores = available_cores()
    best, best_time = 1, _shortest(work, 1)
    for count in sorted({min(2, cores), max(cores // 2, 1), cores} - {1}):
        duration = _shortest(work, count, at_most=2 * best_time)
        if duration < 0.85 * best_time:
            best, best_time = count, duration
    return best


def _shortest(work: Callable[[], object], count: int, at_most: float = inf) -> float:
    """The second shortest of four runs; two that take longer than `at_most` are enough to know."""
    torch.set_num_threads(count)
    durations: list[float] = []
    for _ in range(4):
        start = time.perf_counter()
        work()
        durations.append(time.perf_counter() - start)
        if len(durations) == 2 and min(durations) > at_most:
            break
    return sorted(durations)[1]
