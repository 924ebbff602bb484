"""Limits of a request: how long its body is and how long it takes to come, how much is asked, how many at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tokapp.api.problems import Refused, problem
from tokapp.errors import JobCancelled
from tokapp.formats import UPLOAD_LIMIT

_UPLOADS, _SLOW = ("/v1/import",), ("/v1/import", "/v1/stream/live")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes of a body and of an upload, seconds until one has come and an answer or export is made, how much is asked.

    `at_once` is how many requests may be at work at the same moment, `streams` how many streams may be open.
    """

    body: int = 4 * 2**20
    upload: int = UPLOAD_LIMIT
    reading: float = 30.0
    uploading: float = 600.0
    answering: float = 30.0
    exporting: float = 120.0
    texts: int = 256
    characters: int = 200_000
    at_once: int = 16
    streams: int = 16

    def until(self) -> float:
        """The moment of `time.monotonic` at which an answer that begins now is given up."""
        return time.monotonic() + self.answering

    def check_amount(self, texts: int, characters: int) -> None:
        """Raise Refused for more than is answered while somebody waits."""
        if texts > self.texts or characters > self.characters:
            raise Refused(
                413,
                f"{texts:,} texts of {characters:,} characters are too many for one answer: send at most "
                f"{self.texts:,} of {self.characters:,} in all, or import them and make a job with POST /v1/jobs",
            )


def check_time(until: float) -> None:
    """Raise JobCancelled after that moment of `time.monotonic`."""
    if time.monotonic() > until:
        raise JobCancelled("the time is up")


class Gate:
    """Lets so many in at once, and refuses the others instead of letting them wait."""

    def __init__(self, most: int) -> None:
        self._free = BoundedSemaphore(most)

    @contextmanager
    def enter(self) -> Iterator[None]:
        """Be inside; raises Refused when it is full."""
        if not self._free.acquire(blocking=False):
            raise Refused(503, "Too many requests at this moment: try again in a second.", {"retry-after": "1"})
        try:
            yield
        finally:
            self._free.release()


class BodyLimit:
    """Counts a body while it comes, whatever its headers promise, and waits for it only so long."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app, self._limits = app, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        most = self._limits.upload if scope["path"] in _UPLOADS else self._limits.body
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdecimal() and int(announced[:20]) > most:
            return await problem(413, _too_long(most), headers=_CLOSING)(scope, receive, send)
        seconds = self._limits.uploading if scope["path"] in _SLOW else self._limits.reading
        return await self._app(scope, _Body(receive, most, seconds), send)


_CLOSING = {"connection": "close"}


def _too_long(most: int) -> str:
    return f"The body is longer than {most:,} bytes: send less at a time."


class _Body:
    """A body on its way."""

    def __init__(self, receive: Receive, most: int, seconds: float) -> None:
        self._receive, self._most, self._seconds = receive, most, seconds
        self._until = time.monotonic() + seconds
        self._length, self._is_whole = 0, False

    async def __call__(self) -> Message:
        """The next piece; raises Refused when there are too many, or none comes."""
        if self._is_whole:
            return await self._receive()
        try:
            async with asyncio.timeout(max(self._until - time.monotonic(), 0)):
                message = await self._receive()
        except TimeoutError as error:
            told = f"The body did not come within {self._seconds:.0f} seconds: send it again, or less at a time."
            raise Refused(408, told, _CLOSING) from error
        self._length += len(message.get("body", b""))
        self._is_whole = not message.get("more_body", False)
        if self._length > self._most:
            raise Refused(413, _too_long(self._most), _CLOSING)
        return message
