"""Which function does which kind of job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TypeAlias, cast

from tokapp.documents import Json
from tokapp.errors import NotFound
from tokapp.jobs.context import Context
from tokapp.store import JobRow

Handler: TypeAlias = Callable[[Context, JobRow], Mapping[str, Json]]
"""Does a job and gives its result. It reports through the context, and may be run again from the start at any time."""

_BUILT_IN = {kind: f"tokapp.jobs.{kind}" for kind in ("predict", "explain", "rank", "train", "curve", "bulk")}
_BUILT_IN["import"] = "tokapp.jobs.importing"
_BUILT_IN["judge"] = "tokapp.jobs.judging"
LIGHT = ("import", "bulk")
"""Kinds that need no model and must not wait for one that trains."""
_REGISTERED: dict[str, Handler] = {}


def register(kind: str, handler: Handler) -> None:
    """Let a handler do the jobs of a kind."""
    _REGISTERED[kind] = handler


def find_handler(kind: str) -> Handler:
    """The handler of a kind, imported when it is first needed; raises NotFound."""
    if kind not in _REGISTERED:
        if kind not in _BUILT_IN:
            raise NotFound(f"no worker knows how to do a {kind!r} job; there are: {', '.join(kinds())}")
        register(kind, cast(Handler, import_module(_BUILT_IN[kind]).run))
    return _REGISTERED[kind]


def kinds() -> list[str]:
    """The kinds of jobs that this worker can do."""
    return sorted({*_BUILT_IN, *_REGISTERED})


def heavy_kinds() -> list[str]:
    """The kinds of which a worker does one at a time."""
    return [kind for kind in kinds() if kind not in LIGHT]


def light_kinds() -> list[str]:
    """The kinds that a worker does beside them."""
    return list(LIGHT)
