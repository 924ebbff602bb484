"""Patterns that people write: regular expressions under limits, so that a hostile one costs a moment and no more."""

from __future__ import annotations

import regex

from tokapp.documents import Offset
from tokapp.errors import BadInput

LONGEST = 200
"""Characters that a pattern may have."""
SECONDS = 0.5
"""How long one text may be searched."""


def check_pattern(pattern: str) -> None:
    """Raise BadInput unless `pattern` is a regular expression (as `regex` reads them) of at most 200 characters."""
    _compile(pattern)


def find_matches(pattern: str, text: str) -> list[Offset]:
    """Where a pattern matches, in reading order, not overlapping; empty matches are left out.

    Raises BadInput for what is no pattern, and for one that takes longer than `SECONDS` in this text.
    """
    compiled = _compile(pattern)
    try:
        found = compiled.finditer(text, timeout=SECONDS, concurrent=True)  # without the interpreter's lock
        return [match.span() for match in found if match.end() > match.start()]
    except TimeoutError as error:
        raise BadInput(f"the pattern {pattern!r} takes too long in this text: write it more simply") from error
    except MemoryError as error:
        raise BadInput(f"the pattern {pattern!r} needs too much memory in this text: write it more simply") from error


def _compile(pattern: str) -> regex.Pattern[str]:
    if len(pattern) > LONGEST:
        raise BadInput(f"a pattern has at most {LONGEST} characters, this one has {len(pattern)}")
    try:
        return regex.compile(pattern)
    except (regex.error, ValueError, OverflowError, RecursionError) as error:
        raise BadInput(f"{pattern!r} is not a regular expression: {error}") from error
