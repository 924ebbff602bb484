"""A person at the Label page without a browser: the WebSocket and the messages that Streamlit's own page sends."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from uuid import uuid4

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

EDITOR = "tokapp.span_editor"
PATIENCE = 300.0
"""Seconds after which an answer counts as lost."""


@dataclass(slots=True)
class Person:
    """One open tab; `answers` holds what the server said to every action, `seconds` how long it took."""

    url: str
    project: int
    answers: dict[str, int | str] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    _socket: ClientConnection | None = None
    _editor: str = ""
    _query: str = ""

    async def __aenter__(self) -> Person:
        address = f"{self.url.replace('http', 'ws', 1)}/_stcore/stream"
        protocol = Subprotocol("streamlit")
        self._socket = await connect(address, subprotocols=[protocol], max_size=None, ping_interval=None)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._socket is not None:
            await self._socket.close()

    async def open(self, document: int) -> None:
        """Show a document, as a link to it does."""
        self._query, self._editor = f"project={self.project}&doc={document}", ""
        await self._run(None)

    async def mark(self, start: int, end: int, label: str) -> int | str:
        """Mark a span and wait until the server has answered; gives the revision made, or why it was refused."""
        token, begun = uuid4().hex, time.perf_counter()
        entry = {
            "token": token,
            "doc": self.data["doc"],
            "seen": self.data["revision"],
            "length": len(self.data["text"]),
            "verb": "add",
            "spans": [[start, end, label]],
        }
        drawn = [[self.data["doc"], [*self.data["spans"], [start, end, label]]]]
        state = {"have": None, "doc": self.data["doc"], "edits": [entry], "drawn": drawn}
        await self._run(json.dumps({"queue": state}))
        while token not in self.data["answers"]:
            await self._run(json.dumps({"queue": state}))
        self.answers[token] = self.data["answers"][token]
        self.seconds.append(time.perf_counter() - begun)
        return self.answers[token]

    async def _run(self, state: str | None) -> None:
        message = BackMsg()
        message.rerun_script.query_string = self._query
        message.rerun_script.page_name = "label"
        if state is not None:
            message.rerun_script.widget_states.widgets.add(id=self._editor, json_value=state)
        assert self._socket is not None
        await self._socket.send(message.SerializeToString())
        await asyncio.wait_for(self._until_finished(), PATIENCE)

    async def _until_finished(self) -> None:
        assert self._socket is not None
        finished = False
        while not finished or not self._editor:
            raw = await self._socket.recv(decode=False)
            answer = ForwardMsg.FromString(raw)
            kind = answer.WhichOneof("type")
            if kind == "delta":
                self._take(answer)
            finished = kind == "script_finished"

    def _take(self, answer: ForwardMsg) -> None:
        element = answer.delta.new_element
        is_error = element.WhichOneof("type") == "alert" and element.alert.format == Alert.ERROR
        assert not is_error, f"the page says: {element.alert.body}"
        if element.WhichOneof("type") == "bidi_component" and element.bidi_component.component_name == EDITOR:
            self._editor, self.data = element.bidi_component.id, json.loads(element.bidi_component.json)
