"""Faults of the machine that a job ran into, in words that say what to do: a full disk, too little memory."""

from __future__ import annotations

import errno
import re
import sys
from collections.abc import Iterator

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NUMBER = re.compile(r"os error (\d+)")
"""How libraries that are written in Rust, as safetensors is, name what the system said."""


def sentence_of(error: BaseException) -> str | None:
    """What a person can do about it; None for an error that is no fault of the machine."""
    for one in _chain(error):
        if _is_full(one):
            return (
                "the disk is full, so the result could not be written: make room there, then press Retry. "
                "Everything that was stored before is there still"
            )
        if _is_out_of_memory(one):
            return (
                "there was not enough memory for it: take a smaller batch or a smaller model, or close other "
                "programs, then try again. Everything that was stored before is there still"
            )
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what caused it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _is_full(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in _FULL
    found = _NUMBER.search(str(error)) if type(error).__name__ == "SafetensorError" else None
    return found is not None and int(found[1]) in _FULL


def _is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return True
    if "torch" not in sys.modules or not isinstance(error, RuntimeError):
        return False
    from tokapp.models.device import is_out_of_memory

    return is_out_of_memory(error)
