"""A local HTTP server that replays a recorded answer and keeps what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

# As `transformers serve` answered with SmolLM2-135M-Instruct, of which only the model's path was shortened to its name.
RECORDED = (Path(__file__).parent / "recorded_chat.json").read_bytes()


@dataclass
class Played:
    """What a server answers with, and the requests that it got: path, headers, body."""

    body: bytes = RECORDED
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    pause: float = 0.0
    url: str = ""
    asked: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)


@contextmanager
def replaying(**options: Any) -> Iterator[Played]:
    """The server while it runs; `pause` waits before every kilobyte."""
    played = Played(**options)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            played.asked.append((self.path, headers, json.loads(body)))
            self.send_response(played.status)
            for name, value in {"content-type": "application/json", **played.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                for start in range(0, len(played.body), 1024):
                    time.sleep(played.pause)
                    self.wfile.write(played.body[start : start + 1024])
            except OSError:
                pass  # the client hung up, as it should

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    played.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield played
    finally:
        server.shutdown()
        server.server_close()
