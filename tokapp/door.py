"""The local door: a running worker of the same home answers small requests, so that nobody waits for a model to load.

It is a Unix socket of the home folder which only its owner can open. Whatever goes wrong here is no error: there is no
answer then, and whoever asked does the work by themselves.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass, replace
from threading import Timer
from typing import Any
from urllib.parse import urlencode

from tokapp import __version__, places
from tokapp.documents import Document, Json, Prediction, Span
from tokapp.settings import Settings

TEXTS, CHARACTERS, BYTES = 64, 20_000, 2**15
"""What is small: documents of a request, their characters, and bytes of the files that they come from."""
IDENTITY = "tokapp-identity"
_SECONDS = 2.0


def identity(settings: Settings) -> str:
    """What two processes must have in common to give the same predictions: version, built-in models and settings."""
    shared = replace(settings, api_token="", llm_url="", llm_model="", llm_key="", remote_code=frozenset())
    parts = (__version__, str(places.data()), astuple(shared), sorted(settings.remote_code))
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()


def is_small(documents: Sequence[Document]) -> bool:
    """Whether the door takes so much in one request."""
    length = sum(len(one.text) + len(one.question or "") + sum(map(len, one.contexts)) for one in documents)
    return len(documents) <= TEXTS and length <= CHARACTERS


@dataclass(frozen=True, slots=True)
class Warm:
    """A model that a worker behind the door has loaded; `precision` is what it computes in."""

    settings: Settings
    name: str
    fingerprint: str
    precision: str

    def predict(self, documents: Sequence[Document]) -> list[Prediction] | None:
        """Predictions in the order of the documents; None without an answer within two seconds."""
        if not is_small(documents):
            return None
        asked: dict[str, Json] = {"model": self.name, "documents": [_asked(one) for one in documents]}
        found = ask(self.settings, "POST", "/v1/predict", asked)
        if found is None or found.get("fingerprint") != self.fingerprint:
            return None
        try:
            return [_prediction(one, self.name) for one in found["documents"]]
        except (KeyError, TypeError, ValueError):
            return None


def find_warm(settings: Settings, task: str, model: str | None) -> Warm | None:
    """The model that a worker would use for a task, if it is loaded there; otherwise the worker begins to load it."""
    wanted = {"task": task} if model is None else {"task": task, "model": model}
    found = ask(settings, "GET", f"/v1/ready?{urlencode(wanted)}")
    try:
        if found is None or not found["is_loaded"]:
            return None
        return Warm(settings, str(found["model"]), str(found["fingerprint"]), str(found["precision"]))
    except KeyError:
        return None


def ask(settings: Settings, method: str, path: str, body: Json = None) -> Mapping[str, Any] | None:
    """The answer of the worker behind the door; None if there is none within two seconds, or it says no."""
    try:
        with _Connection(settings) as connection:
            return connection.ask(method, path, body, identity(settings))
    except (OSError, http.client.HTTPException, ValueError):
        return None


class _Connection(http.client.HTTPConnection):
    """HTTP over the door's socket, which is cut when the time is up, however much still drips in."""

    def __init__(self, settings: Settings) -> None:
        super().__init__("localhost")
        self._path = str(settings.door)
        self._alarm = Timer(_SECONDS, self._cut)
        self._alarm.daemon = True

    def connect(self) -> None:
        """Connect to the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(_SECONDS)
        self.sock.connect(self._path)

    def _cut(self) -> None:
        with suppress(OSError, AttributeError):  # closed or not yet opened
            self.sock.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> _Connection:
        self._alarm.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._alarm.cancel()
        self.close()

    def ask(self, method: str, path: str, body: Json, who: str) -> Mapping[str, Any] | None:
        """Send a request and read the answer; raises OSError, HTTPException, ValueError."""
        headers = {IDENTITY: who, "content-type": "application/json", "connection": "close"}
        self.request(method, path, None if body is None else json.dumps(body), headers)
        response = self.getresponse()
        found = json.loads(response.read())
        return found if response.status == 200 and isinstance(found, dict) else None


def _asked(document: Document) -> dict[str, Json]:
    record: dict[str, Json] = {"id": document.id, "text": document.text}
    if document.question is not None:
        record["question"] = document.question
    return record | ({"context": list(document.contexts)} if document.contexts else {})


def _prediction(record: Mapping[str, Any], model: str) -> Prediction:
    spans = [
        Span(one["start"], one["end"], one["label"], one["score"], agreement=one.get("agreement"))
        for one in record["spans"]
    ]
    return Prediction(record["id"], model, tuple(spans), document_scores=record.get("label_scores", {}))
