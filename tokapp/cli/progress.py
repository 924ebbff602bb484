"""How far a long prediction is, on standard error: a line that changes in a terminal, one now and then in a log."""

from __future__ import annotations

import sys
import time
from itertools import islice

import click

from tokapp.inference.files import told_lines
from tokapp.inference.portions import Portion
from tokapp.inference.unfinished import Point
from tokapp.ui.text import count, duration

_SHOWN = 20
_IN_TERMINAL, _IN_LOG = 0.2, 30.0


class Progress:
    """Hears how a prediction of files goes; of what cannot be read the first lines are shown, the rest is counted."""

    def __init__(self, *, every: float | None = None) -> None:
        """Show it `every` so many seconds."""
        self._is_terminal = sys.stderr.isatty()
        self._every = every if every is not None else _IN_TERMINAL if self._is_terminal else _IN_LOG
        self._begun = self._shown = time.monotonic()
        self._first = self._safe = self._told = 0
        self._total: int | None = None

    def begins(self, point: Point, total: int | None, anew: str) -> None:
        """Say whether an earlier start is gone on with."""
        if anew:
            self._say(f"begun anew: {anew}")
        elif point.items:
            self._say(f"gone on with after {count(point.items, 'document')} of an earlier start")
        self._begun = self._shown = time.monotonic()
        self._first = self._safe = point.items
        self._total = total

    def within(self, done: int) -> None:
        """So many documents of the portion in hand are done."""
        now = time.monotonic()
        if now - self._shown >= self._every:
            self._shown = now
            self._show(self._safe + done, now - self._begun)

    def passed(self, portion: Portion, point: Point) -> None:
        """A portion is safe on disk."""
        self._safe = point.items
        for line in islice(told_lines(portion), max(_SHOWN - self._told, 0)):
            self._say(line)
            self._told += 1
        self.within(0)

    def ends(self, point: Point) -> None:
        """Clear the line, and count what was not shown."""
        self._clear()
        if point.failed > _SHOWN:
            self._say(f"{count(point.failed, 'document')} could not be read in all")

    def _show(self, done: int, seconds: float) -> None:
        speed = (done - self._first) / max(seconds, 1e-9)
        parts = [count(done, "document") if self._total is None else f"{done:,} of {self._total:,} documents"]
        if speed > 0:
            parts.append(f"{speed:,.0f} a second" if speed >= 10 else f"{speed:.1f} a second")
            if self._total is not None:
                parts.append(f"about {duration(max(self._total - done, 0) / speed)} left")
        self._write(", ".join(parts))

    def _write(self, line: str) -> None:
        if self._is_terminal:
            click.echo(f"\r\x1b[K  {line}", err=True, nl=False)
        else:
            click.echo(f"  {line}", err=True)

    def _say(self, line: str) -> None:
        self._clear()
        click.echo(f"  {line}", err=True)

    def _clear(self) -> None:
        if self._is_terminal:
            click.echo("\r\x1b[K", err=True, nl=False)
