"""Text judged token by token while it is being written: sessions, verdicts, and the rules for when to stop.

The public names are loaded when they are first used, so that naming a rule does not load torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokapp.inference.streaming.debounce import Mode, Rule, first_stop, risky
    from tokapp.inference.streaming.opening import open_session
    from tokapp.inference.streaming.session import Session
    from tokapp.inference.streaming.verdicts import Level, Piece, PromptVerdict, Stop, StreamFull, TokenVerdict

_HOMES = {
    "Level": "verdicts",
    "Mode": "debounce",
    "Piece": "verdicts",
    "PromptVerdict": "verdicts",
    "Rule": "debounce",
    "Session": "session",
    "Stop": "verdicts",
    "StreamFull": "verdicts",
    "TokenVerdict": "verdicts",
    "first_stop": "debounce",
    "open_session": "opening",
    "risky": "debounce",
}

__all__ = [
    "Level",
    "Mode",
    "Piece",
    "PromptVerdict",
    "Rule",
    "Session",
    "Stop",
    "StreamFull",
    "TokenVerdict",
    "first_stop",
    "open_session",
    "risky",
]


def __getattr__(name: str) -> object:
    """Import a public name from its home on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module 'tokapp.inference.streaming' has no attribute {name!r}")
    return getattr(import_module(f"tokapp.inference.streaming.{_HOMES[name]}"), name)
