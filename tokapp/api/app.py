"""The application behind both doors: endpoints, errors, limits, and the document that describes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.security import HTTPBearer
from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema
from starlette.middleware import Middleware

from tokapp import __version__
from tokapp.api import exchange, jobs, listing, predicting, streaming
from tokapp.api.access import Admission, Admit
from tokapp.api.limits import BodyLimit, Limits
from tokapp.api.parts import Parts
from tokapp.api.problems import Problem, answer_errors
from tokapp.inference.resident import Resident
from tokapp.settings import Settings
from tokapp.store import Store

_ABOUT = """
Predict spans in texts, ask why, import and export documents, and start jobs.

Offsets are Unicode code points, the end is exclusive, and `text[start:end]` is the surface. Every request but
`/v1/health` needs the header `Authorization: Bearer TOKEN`. Whatever is refused is told as problem details (RFC 9457),
whose `detail` says what happened and what to do.
"""
_TAGS = [
    {"name": "answers", "description": "What a model says, while you wait: short texts, a few at a time."},
    {"name": "documents", "description": "Files into a project, and a project as a file."},
    {"name": "jobs", "description": "What takes long, done by the worker (`tokapp worker`, or `tokapp run`)."},
    {"name": "lists", "description": "What there is."},
    {"name": "server", "description": "The server itself."},
]
_REFUSALS: Mapping[int | str, dict[str, Any]] = {
    status: {
        "description": meaning,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status, meaning in {
        400: "The request could not be read.",
        401: "The token is missing or wrong.",
        404: "What is named does not exist.",
        408: "The body did not come in time.",
        413: "More than the server takes in one request.",
        422: "The request is well-formed but wrong; `errors` says where.",
        503: "Too busy, or a model or the database is not to be had; try again later.",
        504: "It would have taken too long; the detail says what to do instead.",
    }.items()
}


_TOKEN = HTTPBearer(description="The token that the server was started with.", auto_error=False)


class _Described(FastAPI):
    """With the form of refusals in the document that describes it."""

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document."""
        described = super().openapi()
        _, told = models_json_schema([(Problem, "serialization")], ref_template="#/components/schemas/{model}")
        described["components"]["schemas"] |= told["$defs"]
        return described


class Health(BaseModel):
    """That the server answers."""

    status: str = Field(examples=["ok"])


def create_app(
    settings: Settings, store: Store, models: Resident, *, admit: Admit, limits: Limits | None = None
) -> FastAPI:
    """The application over a store and the models of a process; `admit` says why a request is refused, if it is."""
    limits = limits or Limits()
    app = _Described(
        title="tokapp",
        version=__version__,
        description=_ABOUT,
        openapi_tags=_TAGS,
        docs_url=None,  # its page would load scripts from elsewhere
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
        responses=dict(_REFUSALS),
        telemetry={"tracing": False},
        middleware=[Middleware(Admission, admit=admit), Middleware(BodyLimit, limits=limits)],
    )
    app.state.parts = Parts(settings, store, models, limits)
    answer_errors(app)
    for part in (predicting, streaming, exchange, jobs, listing):
        app.include_router(part.router, prefix="/v1", dependencies=[Depends(_TOKEN)])
    app.get("/v1/health", tags=["server"])(_health)
    return app


async def _health() -> Health:
    """Say that the server is up; needs no token and tells nothing else."""
    return Health(status="ok")
