"""Who may come in: over the network whoever has the token, through the local door the same user's same tokapp."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from typing import TypeAlias

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from tokapp import door
from tokapp.api.problems import problem
from tokapp.errors import BadInput
from tokapp.settings import Settings

Admit: TypeAlias = Callable[[Mapping[str, str]], Response | None]
"""Given the headers of a request, the response that refuses it, or None."""
OPEN = ("/v1/health",)
LEAST_CHARACTERS = 16


class Admission:
    """Refuses requests before anything of their body is read."""

    def __init__(self, app: ASGIApp, admit: Admit) -> None:
        self._app, self._admit = app, admit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        refusal = None
        if scope["type"] == "http" and scope["path"] not in OPEN:
            refusal = self._admit(Headers(scope=scope))
        await (refusal or self._app)(scope, receive, send)


def with_token(token: str) -> Admit:
    """Let those in who show the token; raises BadInput for one that could be guessed."""
    if len(token) < LEAST_CHARACTERS:
        raise BadInput(
            f"the API needs a token of at least {LEAST_CHARACTERS} characters in TOKAPP_API_TOKEN; "
            "this makes one: python3 -c 'import secrets; print(secrets.token_urlsafe())'"
        )
    expected = token.encode("utf-8", "surrogateescape")

    def admit(headers: Mapping[str, str]) -> Response | None:
        scheme, _, shown = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and hmac.compare_digest(shown.strip().encode("latin-1"), expected):
            return None
        told = "Send the header Authorization: Bearer TOKEN, with the token that the server was started with."
        return problem(401, told, headers={"www-authenticate": "Bearer"})

    return admit


def with_identity(settings: Settings) -> Admit:
    """Let the tokapp in that has the same version and settings: any other one would give other answers."""
    expected = door.identity(settings)

    def admit(headers: Mapping[str, str]) -> Response | None:
        if headers.get(door.IDENTITY) == expected:
            return None
        return problem(409, "This worker has another version of tokapp or other settings than the one that asks.")

    return admit
