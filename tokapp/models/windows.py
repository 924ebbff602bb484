"""Overlapping windows over long token sequences; in the overlap, the window with more context decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise


def windows(length: int, size: int, stride: int) -> Iterator[range]:
    """Overlapping ranges of at most `size` that cover `length` tokens; the last one ends exactly at the end."""
    if not 0 < stride <= size:
        raise ValueError(f"stride must be in 1..{size}, got {stride}")
    last = max(length - size, 0)
    for start in range(0, last, stride):
        yield range(start, start + size)
    yield range(last, length)


def owned_ranges(ranges: Sequence[range]) -> list[range]:
    """The part of each window in which its tokens stand further from an edge than in any other; a partition."""
    cuts = [ranges[0].start, *((left.stop + right.start + 1) // 2 for left, right in pairwise(ranges)), ranges[-1].stop]
    return [range(start, stop) for start, stop in pairwise(cuts)]
