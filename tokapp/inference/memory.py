"""Memory that stays flat: what the C library keeps of freed arrays is given back now and then."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable

_SECONDS = 0.25


class Trim:
    """Calls the C library's `malloc_trim`, where there is one, at most four times a second.

    glibc seldom uses freed pieces of aligned memory again, as arrays of changing shapes need them: a job of thousands
    of documents grew by half of its size. Every other second was too seldom: between 10,000 and 200,000 reviews the
    peak grew by 14 %. Four times a second costs nothing that could be measured.
    """

    def __init__(self) -> None:
        self._trim = _malloc_trim()
        self._last = time.monotonic()

    def __call__(self) -> None:
        """Give back what is free, if the last time is long enough ago."""
        now = time.monotonic()
        if self._trim is not None and now - self._last >= _SECONDS:
            self._trim(0)
            self._last = now


def _malloc_trim() -> Callable[[int], int] | None:
    try:
        found: Callable[[int], int] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
    except (OSError, TypeError):  # no such thing as the program's own symbols
        return None
    return found
