"""Taking turns: a few page runs at a time, so that a crowd waits in a queue instead of getting into each other's way.

All runs share one interpreter. A hundred at once would each hold a database connection, or the lock on a document that
several people label, while it waits for the interpreter; those that wait for a connection would then be turned away. A
few at a time are done as soon, and nobody is.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

AT_ONCE = 8
PATIENCE = 60.0
"""Seconds after which a run goes on without a turn: one that takes long must not hold up everybody else."""

_turns = threading.BoundedSemaphore(AT_ONCE)
_mine = threading.local()


@contextmanager
def in_turn() -> Iterator[None]:
    """Wait for a turn, and give it back at the end; within a turn of the same thread nothing is waited for."""
    if getattr(_mine, "is_in_turn", False):
        yield
        return
    has_turn = _turns.acquire(timeout=PATIENCE)
    _mine.is_in_turn = True
    try:
        yield
    finally:
        _mine.is_in_turn = False
        if has_turn:
            _turns.release()
