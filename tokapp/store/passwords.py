"""Passwords as Argon2id hashes, with the parameters that RFC 9106 (section 4, second choice) recommends."""

from __future__ import annotations

from functools import lru_cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tokapp.errors import BadInput

SHORTEST = 10
LONGEST = 200
_HASHER = PasswordHasher()
_AT_ONCE = BoundedSemaphore(2)  # each hash takes 64 MiB: a crowd at the door must not fill the memory


def hash_password(password: str) -> str:
    """The salted hash of a password; raises BadInput for one that is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadInput(f"a password has {SHORTEST} to {LONGEST} characters")
    with _AT_ONCE:
        return _HASHER.hash(_bytes(password))


def is_right(password: str, stored: str | None) -> bool:
    """Whether a password belongs to a hash; without a hash False, after the same work."""
    with _AT_ONCE:
        try:
            return _HASHER.verify(stored or _nobody(), _bytes(password)) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(stored: str) -> bool:
    """Whether a hash was made with other parameters than new ones are."""
    return _HASHER.check_needs_rehash(stored)


@lru_cache(maxsize=1)
def _nobody() -> str:
    """A hash that no password is meant for, so that an unknown name takes as long as a known one."""
    return _HASHER.hash(b"")


def _bytes(password: str) -> bytes:
    """What is hashed: never more than shows that it is too long; half of a surrogate pair has bytes here too."""
    return password[: LONGEST + 1].encode("utf-8", "surrogatepass")
