"""A text judged token by token while it is being written, told as server-sent events."""

from __future__ import annotations

import codecs
import json
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from tokapp.api.limits import Limits
from tokapp.api.parts import Parts, Shared
from tokapp.api.predicting import ModelName, TaskName
from tokapp.api.problems import Refused, told_of
from tokapp.api.records import Plain
from tokapp.documents import Document
from tokapp.errors import BadInput, JobCancelled, TokappError
from tokapp.inference.streaming.debounce import Mode, Rule

if TYPE_CHECKING:
    from tokapp.inference.streaming import Session

router = APIRouter(tags=["answers"])

_SLICE = 200
"""Characters that are judged before the clock and the reader are looked at again."""
_EVENTS = """
Events, each with JSON: `begin` (the model), `prompt` (a verdict on the prompt, where the model gives one), `verdict`
(one for each token: place, risk, label, whether it is flagged), `stop` (where the rule says that it is enough), `end`,
or `error` (problem details) if it ends before its time.
"""
_EVENT = {
    "type": "object",
    "properties": {
        "event": {"enum": ["begin", "prompt", "verdict", "stop", "end", "error"]},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
    "required": ["event", "data"],
}
_TOLD: dict[int | str, dict[str, Any]] = {
    200: {"description": _EVENTS, "content": {"text/event-stream": {"schema": _EVENT}}}
}


class Watch(BaseModel):
    """Which model judges, what the text answers, and the rule for when it is enough."""

    model: ModelName = None
    task: TaskName = None
    question: Plain | None = Field(default=None, description="What the text answers.")
    context: list[Plain] = Field(default=[], description="Passages that the text must be backed by.")
    window: int = Field(default=2, ge=1, le=1_000, description="So many risky tokens in a row are believed.")
    rule: Rule = Field(default="report", description="The online rule of the Qwen3Guard report, or its evaluation's.")
    mode: Mode = Field(default="levels", description="Controversial counts as itself, Unsafe (strict), Safe (loose).")
    lookahead: int = Field(
        default=2, ge=0, le=64, description="Words that a verdict waits for, where a model looks both ways."
    )
    until_stop: bool = Field(default=False, description="End at the stop instead of judging on.")

    def open(self, parts: Parts) -> _Opened:
        """A session of the model that is meant; raises NotFound, BadInput, ModelUnavailable, ModelCorrupt."""
        model = parts.load(self.model, self.task)
        if not hasattr(model, "stream"):
            raise BadInput(f"{model.name} is an ensemble, which does not judge streams: name one of its members")
        has_prompt = self.question is not None or bool(self.context)
        prompt = Document("prompt", "", question=self.question, contexts=tuple(self.context)) if has_prompt else None
        session = model.stream(
            prompt, window=self.window, rule=self.rule, mode=self.mode, lookahead=self.lookahead
        )
        return _Opened(session, {"model": model.name, "fingerprint": model.fingerprint}, self.until_stop)


class StreamForm(Watch):
    """A text that is there already, as a whole or in the pieces in which it came."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"task": "reviews", "pieces": ["Love the dark", " mode"]}]}
    )
    pieces: list[Plain] = Field(min_length=1, description="Parts of the text, in order; how it is cut changes nothing.")


@router.post("/stream", response_class=StreamingResponse, responses=_TOLD)
async def stream(form: StreamForm, parts: Shared) -> StreamingResponse:
    """Judge a text token by token, each as if nothing stood behind it but the words that `lookahead` lets it see."""
    parts.limits.check_amount(1, sum(map(len, form.pieces)))
    opened = await run_in_threadpool(form.open, parts)
    events = _events(opened, parts, _given(form.pieces), parts.limits.until())
    return StreamingResponse(await _begun(events), media_type="text/event-stream", headers=_HEADERS)


@router.post(
    "/stream/live",
    response_class=StreamingResponse,
    responses=_TOLD,
    openapi_extra={"requestBody": {"required": True, "content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def stream_live(request: Request, watch: Annotated[Watch, Query()], parts: Shared) -> StreamingResponse:
    """Judge a text while it is still being sent: verdicts go out while further pieces of the UTF-8 body come in."""
    opened = await run_in_threadpool(watch.open, parts)
    pieces = _coming(request.stream(), parts.limits)
    events = _events(opened, parts, pieces, time.monotonic() + parts.limits.uploading)
    return _Duplex(await _begun(events), media_type="text/event-stream", headers=_HEADERS)


_HEADERS = {"cache-control": "no-cache", "x-accel-buffering": "no"}


@dataclass(slots=True)
class _Opened:
    """A session, what is said at its beginning, and whether it ends at its stop."""

    session: Session
    about: dict[str, str]
    until_stop: bool
    is_told: bool = False

    def read(self, piece: str | None) -> Iterable[bytes]:
        """The events that a piece brings, or the end."""
        verdicts = self.session.close() if piece is None else self.session.push(piece)
        return [*(_event("verdict", asdict(one)) for one in verdicts), *self._stop()]

    def _stop(self) -> Iterator[bytes]:
        if self.session.stop is not None and not self.is_told:
            self.is_told = True
            yield _event("stop", asdict(self.session.stop))


async def _events(opened: _Opened, parts: Parts, pieces: AsyncIterator[str], until: float) -> AsyncIterator[bytes]:
    with parts.streams.enter():
        yield _event("begin", opened.about)
        if opened.session.prompt is not None:
            yield _event("prompt", asdict(opened.session.prompt))
        try:
            async for event in _judged(opened, pieces, until):
                yield event
        except ClientDisconnect:
            return
        except (TokappError, Refused) as error:
            for verdict in getattr(error, "verdicts", ()):  # of a stream that is full
                yield _event("verdict", asdict(verdict))
            yield _event("error", told_of(error).model_dump())
        else:
            yield _event("end", {"stopped": opened.session.stop is not None})


async def _judged(opened: _Opened, pieces: AsyncIterator[str], until: float) -> AsyncIterator[bytes]:
    async for piece in pieces:
        for event in await run_in_threadpool(opened.read, piece):
            yield event
        if opened.is_told and opened.until_stop:
            return
        if time.monotonic() > until:
            raise JobCancelled("This stream takes too long: send the rest as another one.")
    for event in await run_in_threadpool(opened.read, None):
        yield event


async def _given(pieces: Iterable[str]) -> AsyncIterator[str]:
    for piece in pieces:
        for start in range(0, len(piece), _SLICE):
            yield piece[start : start + _SLICE]


async def _coming(body: AsyncIterator[bytes], limits: Limits) -> AsyncIterator[str]:
    """The text of a body as it comes; raises BadInput for what is no UTF-8, Refused for too much."""
    decoder, length = codecs.getincrementaldecoder("utf-8")(), 0
    try:
        async for data in body:
            piece = decoder.decode(data)
            length += len(piece)
            limits.check_amount(1, length)
            async for part in _given([piece]):
                yield part
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise BadInput("the body is not UTF-8: send the text as UTF-8") from error


async def _begun(events: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same events, begun by now: what is refused at the door gets a status of its own."""
    first = await anext(events)

    async def all_of_them() -> AsyncIterator[bytes]:
        yield first
        async for event in events:
            yield event

    return all_of_them()


def _event(name: str, data: object) -> bytes:
    return format_sse_event(event=name, data_str=json.dumps(data))


class _Duplex(StreamingResponse):
    """Answers while the body still comes; nobody else may ask for the body's pieces meanwhile."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events."""
        await self.stream_response(send)
