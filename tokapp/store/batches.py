"""Cutting what is stored into transactions that stay short."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

_Item = TypeVar("_Item")


def batches(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    """Lists of `size` items (the last one may be shorter), read one list at a time."""
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part
