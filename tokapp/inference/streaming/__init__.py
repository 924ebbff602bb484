"""Text judged token by token while it is being written: sessions, verdicts, and the rules for when to stop."""

from tokapp.inference.streaming.debounce import Mode, Rule, first_stop
from tokapp.inference.streaming.opening import open_session
from tokapp.inference.streaming.session import Session
from tokapp.inference.streaming.verdicts import Level, Piece, PromptVerdict, Stop, StreamFull, TokenVerdict

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
]
