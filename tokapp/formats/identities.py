"""The ids that a file has given so far, kept so small that a file of millions of documents is read in flat memory."""

from __future__ import annotations

from array import array
from hashlib import blake2b

_FIRST_SIZE = 2**10


class Identities:
    """Which ids were given, and how often; asked of one that was not, it is wrong once in 10^12 for a million ids.

    A table of eight-byte digests, at most half full: about 16 MB for a million ids, where a dict takes over 100 MB.
    """

    def __init__(self) -> None:
        self._table = array("Q", bytes(8 * _FIRST_SIZE))
        self._count = 0
        self._times: dict[str, int] = {}

    def times(self, identity: str) -> int:
        """How often the id was given."""
        found = self._times.get(identity)
        if found is not None:
            return found
        digest = _digest(identity)
        return int(self._table[_place(self._table, digest)] == digest)

    def give(self, identity: str, times: int) -> None:
        """Remember that the id was given, now for that many times."""
        if times > 1:
            self._times[identity] = times
            return
        if 2 * self._count >= len(self._table):
            self._grow()
        digest = _digest(identity)
        place = _place(self._table, digest)
        self._count += self._table[place] != digest
        self._table[place] = digest

    def _grow(self) -> None:
        larger = array("Q", bytes(16 * len(self._table)))
        for digest in self._table:
            if digest:
                larger[_place(larger, digest)] = digest
        self._table = larger


def _digest(identity: str) -> int:
    """Eight bytes of the id as a number that is never 0, which marks a free place."""
    return int.from_bytes(blake2b(identity.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big") or 1


def _place(table: array[int], digest: int) -> int:
    """Where a digest stands in the table, or the free place where it would."""
    last = len(table) - 1
    place = digest & last
    while table[place] not in (0, digest):
        place = (place + 1) & last
    return place
