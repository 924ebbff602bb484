"""Refusals over HTTP: problem details (RFC 9457) with a sentence that says what happened and what to do."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from tokapp.errors import (
    BadInput,
    Forbidden,
    JobCancelled,
    ModelError,
    NotFound,
    StaleRevision,
    StoreUnavailable,
    TokappError,
)

_LOG = logging.getLogger(__name__)
_STATUS: tuple[tuple[type[TokappError], int], ...] = (
    (NotFound, 404),
    (BadInput, 422),
    (Forbidden, 403),
    (StaleRevision, 409),
    (StoreUnavailable, 503),
    (ModelError, 503),
    (JobCancelled, 504),
    (TokappError, 422),
)
_ADVICE = {
    400: "The request could not be read: send well-formed JSON (or multipart/form-data to /v1/import).",
    404: "There is nothing at this address: /openapi.json lists what there is.",
    405: "This address does not take that method: /openapi.json lists those it takes.",
}
_LONGEST = 300


class Detail(BaseModel):
    """One thing that is wrong with a request."""

    where: str = Field(description="Place in the request, with dots between its parts.")
    reason: str


class Problem(BaseModel):
    """Why a request was refused, as problem details of RFC 9457."""

    type: str = "about:blank"
    title: str = Field(description="The phrase of the status.", examples=["Not Found"])
    status: int
    detail: str = Field(description="What happened and what to do.")
    errors: list[Detail] = Field(default=[], description="What is wrong with the request, piece by piece.")


class Refused(HTTPException):
    """A request that is not done, with a sentence for whoever sent it."""


class ProblemResponse(JSONResponse):
    """Problem details, in ASCII: what is quoted of a request may be half a character."""

    media_type = "application/problem+json"

    def render(self, content: Any) -> bytes:
        """The bytes of the body."""
        return json.dumps(content).encode("ascii")


def problem(
    status: int, detail: str, errors: Iterable[Detail] = (), headers: Mapping[str, str] | None = None
) -> ProblemResponse:
    """The response that refuses a request."""
    return ProblemResponse(_details(status, detail, errors).model_dump(), status, headers)


def _details(status: int, detail: str, errors: Iterable[Detail] = ()) -> Problem:
    return Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, errors=list(errors))


def told_of(error: TokappError | Refused) -> Problem:
    """The problem details of an error that comes when an answer has begun already."""
    if isinstance(error, Refused):
        return _details(error.status_code, str(error.detail))
    return _details(_status(error), str(error))


def _status(error: Exception) -> int:
    return next(status for kind, status in _STATUS if isinstance(error, kind))


def answer_errors(app: FastAPI) -> None:
    """Turn every error of the application into problem details."""
    app.add_exception_handler(TokappError, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, _unknown)


def _known(_: Request, error: Exception) -> ProblemResponse:
    status = _status(error)
    headers = {"retry-after": "2"} if status == 503 else None
    return problem(status, str(error), headers=headers)


def _invalid(_: Request, error: Exception) -> ProblemResponse:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    details = [Detail(where=_place(one["loc"]), reason=_reason(one)) for one in found[:20]]
    return problem(422, f"{details[0].where}: {details[0].reason}" if details else "The request is wrong.", details)


def _place(parts: Iterable[object]) -> str:
    return ".".join(str(part)[:60] for part in parts)


def _reason(found: Mapping[str, Any]) -> str:
    because = found.get("ctx", {}).get("error", "") if found.get("type") == "json_invalid" else ""
    return f"{found['msg']}{f' ({because})' if because else ''}"[:_LONGEST]


def _refused(_: Request, error: Exception) -> ProblemResponse:
    if not isinstance(error, HTTPException):
        raise error
    told = error.detail if isinstance(error, Refused) else _ADVICE.get(error.status_code, error.detail)
    return problem(error.status_code, str(told), headers=error.headers)


def _unknown(request: Request, error: Exception) -> ProblemResponse:
    _LOG.error("request broke path=%s error=%s", request.url.path, type(error).__name__)
    return problem(500, "Something unexpected went wrong here: the log of tokapp has the details.")
