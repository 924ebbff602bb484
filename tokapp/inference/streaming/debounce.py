"""When single risky tokens are believed: the online rule of the Qwen3Guard report, and that of its evaluation code.

The two differ. The report flags a token when it and the one before it are both Unsafe or Controversial. The evaluation
code looks at the whole sequence for two Unsafe tokens in a row, and only if there are none for two Controversial ones;
mixed pairs never count there. Windows other than 2, and which level a mixed window gets (its worst), are tokapp's.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Literal, Protocol, TypeAlias

from tokapp.errors import BadInput
from tokapp.inference.streaming.verdicts import SAFE, SEVERITY, Level

Rule: TypeAlias = Literal["report", "eval"]
Mode: TypeAlias = Literal["levels", "strict", "loose"]
"""How Controversial counts: as itself, as Unsafe, or as Safe."""

_COUNTED: dict[Mode, Level] = {"levels": "Controversial", "strict": "Unsafe", "loose": "Safe"}


def counted(level: Level, mode: Mode) -> Level:
    """The level that a level counts as."""
    return _COUNTED[mode] if level == "Controversial" else level


class Debounce(Protocol):
    """A rule that is told one level after the other."""

    def push(self, level: Level) -> Level:
        """How bad it is by now: Safe unless the rule counts this token as risky."""
        ...

    def close(self) -> tuple[int, Level] | None:
        """At which token, and how badly, the rule fires now that the sequence is over, if only that decides it."""
        ...


class OnlineRule:
    """The report's rule: risky are `window` tokens in a row that are not Safe, as bad as the worst of them."""

    def __init__(self, window: int, mode: Mode) -> None:
        self._mode, self._last = mode, deque[Level]([SAFE] * window, maxlen=window)

    def push(self, level: Level) -> Level:
        """The worst level of the window, or Safe if one of its tokens is."""
        self._last.append(counted(level, self._mode))
        return SAFE if SAFE in self._last else max(self._last, key=SEVERITY.__getitem__)

    def close(self) -> None:
        """Nothing is decided at the end."""


class EvalRule:
    """The evaluation code's rule, which counts Controversial tokens only when the sequence is over.

    Levels count as they are, and `mode` is about the outcome, as that code scores it. Unsafe tokens win wherever they
    stand, so they are told at once; the outcome is the same.
    """

    def __init__(self, window: int, mode: Mode) -> None:
        self._window, self._mode = window, mode
        self._count, self._run, self._level = 0, 0, SAFE
        self._controversial: int | None = None
        self._is_over = False

    def push(self, level: Level) -> Level:
        """Unsafe at the token that makes the first row of Unsafe ones long enough, else Safe."""
        self._run = self._run + 1 if level == self._level else 1
        self._level, self._count = level, self._count + 1
        if self._run < self._window or level == SAFE or self._is_over:
            return SAFE
        if level == "Controversial":
            self._controversial = self._count - 1 if self._controversial is None else self._controversial
            return SAFE
        self._is_over = True
        return level

    def close(self) -> tuple[int, Level] | None:
        """The first row of Controversial tokens, where no row of Unsafe ones came."""
        outcome = counted("Controversial", self._mode)
        if self._is_over or self._controversial is None or outcome == SAFE:
            return None
        return self._controversial, outcome


def debounce(rule: Rule, *, window: int = 2, mode: Mode = "levels") -> Debounce:
    """The rule of that name; raises BadInput for an unknown rule or mode, or a window below 1."""
    if rule not in ("report", "eval") or mode not in _COUNTED:
        raise BadInput(f"rule is report or eval and mode levels, strict or loose, not {rule!r} and {mode!r}")
    if window < 1:
        raise BadInput(f"the window of the debouncing rule is at least 1 token, not {window}")
    return OnlineRule(window, mode) if rule == "report" else EvalRule(window, mode)


def risky(rule: Rule, mode: Mode, fired: Level) -> tuple[Level, ...]:
    """The levels that made a rule fire at a token: those that it counts as risky there, where it says `fired`."""
    if mode == "loose":
        return ("Unsafe",)
    return (fired,) if (rule, mode) == ("eval", "levels") else ("Unsafe", "Controversial")


def first_stop(
    levels: Iterable[Level], *, rule: Rule = "report", window: int = 2, mode: Mode = "levels"
) -> tuple[int, Level] | None:
    """At which token a rule fires in a whole sequence, and how badly; None if it never does.

    >>> first_stop(["Safe", "Unsafe", "Controversial"])
    (2, 'Unsafe')
    """
    told = debounce(rule, window=window, mode=mode)
    for index, level in enumerate(levels):
        if (outcome := told.push(level)) != SAFE:
            return index, outcome
    return told.close()
