"""Answers that several ask for: made once for all who wait, and small ones kept for those who ask again."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

from tokapp.errors import JobCancelled

T = TypeVar("T")
_KEPT = 512


class Answers(Generic[T]):
    """Answers by what they depend on; safe to use from several threads."""

    def __init__(self, size: int = _KEPT) -> None:
        self._size, self._lock = size, Lock()
        self._open: dict[Hashable, Future[T]] = {}
        self._done: OrderedDict[Hashable, T] = OrderedDict()

    def find(self, key: Hashable, make: Callable[[], T], *, keep: bool, until: float | None = None) -> T:
        """The answer that is kept, or the one that somebody is making, or else what `make` gives.

        `keep` it for later. `until` is a moment of `time.monotonic` after which nobody waits for others any more:
        raises JobCancelled. Who makes an answer looks at the clock by themselves, and when they gave up, one of those
        who still wait makes it. What `make` raises reaches everybody who waits, and is not kept.
        """
        while True:
            with self._lock:
                if key in self._done:
                    self._done.move_to_end(key)
                    return self._done[key]
                answer = self._open.get(key)
                if answer is None:
                    mine = self._open[key] = Future()
                    break
            try:
                return answer.result(None if until is None else max(until - time.monotonic(), 0))
            except TimeoutError as error:
                raise JobCancelled("the answer took too long") from error
            except JobCancelled:
                continue
        return self._make(key, mine, make, keep)

    def _make(self, key: Hashable, mine: Future[T], make: Callable[[], T], keep: bool) -> T:
        try:
            made = make()
        except BaseException as error:
            with self._lock:
                del self._open[key]
            mine.set_exception(error)
            raise
        with self._lock:
            del self._open[key]
            if keep:
                self._done[key] = made
            while len(self._done) > self._size:
                self._done.popitem(last=False)
        mine.set_result(made)
        return made
