"""Train, validation and test: drawn once by group, the same for ever, and never moved as documents are added."""

from __future__ import annotations

from hashlib import sha256
from typing import Literal, TypeAlias

Split: TypeAlias = Literal["train", "validation", "test"]


def split_of(group: str, *, seed: str) -> Split:
    """The side of a group (a thread, an app user, a passage): 70 % train, 15 % validation, 15 % test.

    It depends on `seed` and `group` alone, so a group never changes sides and never stands on two.
    """
    bucket = int(sha256(f"{seed}:{group}".encode()).hexdigest(), 16) % 100
    if bucket < 70:
        return "train"
    return "validation" if bucket < 85 else "test"
