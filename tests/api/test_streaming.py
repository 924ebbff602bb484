"""Streams over HTTP: verdicts piece by piece, while the text still comes, as the session in the hand gives them."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import httpx2
import pytest

from tests.api.conftest import TOKEN, Served, served_with
from tokapp.api.limits import Limits
from tokapp.inference.resident import Resident
from tokapp.models import TokenModel
from tokapp.settings import Settings
from tokapp.store import Store

PIECES = ["Love the da", "rk mode", ", but the search doesn't find my 👍", "🏽 notes"]


def events(lines: Iterator[str]) -> Iterator[tuple[str, Any]]:
    """The events of a response, as they come."""
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def in_hand(models: Resident, pieces: list[str]) -> list[Any]:
    model = models.load("reviews")
    assert isinstance(model, TokenModel)
    return [json.loads(json.dumps(asdict(one))) for one in model.stream().run(pieces)]


def test_verdicts_come_as_the_session_gives_them(served: Served, models: Resident) -> None:
    with served.client.stream("POST", "/v1/stream", json={"task": "reviews", "pieces": PIECES}) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        found = list(events(response.iter_lines()))
    assert found[0] == ("begin", {"model": "reviews", "fingerprint": models.load("reviews").fingerprint})
    assert [data for name, data in found if name == "verdict"] == in_hand(models, PIECES)
    assert found[-1][0] == "end"


def test_a_stream_is_read_piece_by_piece(served: Served) -> None:
    text = "Love the dark mode. " * 12
    with served.client.stream("POST", "/v1/stream", json={"task": "reviews", "pieces": [text]}) as response:
        chunks = [len(chunk) for chunk in response.iter_raw()]
    assert len(chunks) > 2, "the first verdicts did not wait for the last ones"


def test_a_verdict_comes_back_before_the_text_is_at_its_end(served: Served, models: Resident) -> None:
    host, port = served.url.removeprefix("http://").split(":")
    head = f"POST /v1/stream/live?task=reviews HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {TOKEN}\r\n"
    with socket.create_connection((host, int(port)), timeout=20) as client, client.makefile("rb") as answer:

        def send(data: bytes) -> None:
            client.sendall(b"%x\r\n%b\r\n" % (len(data), data))

        lines = events(line.decode().strip() for line in answer)
        client.sendall(f"{head}transfer-encoding: chunked\r\n\r\n".encode())
        whole = "".join(PIECES).encode()
        send(whole[:14])
        assert next(lines)[0] == "begin"
        found = [next(lines)]
        assert found[0][1]["text"] == "Love"
        thumb = whole.index("👍".encode())
        send(whole[14 : thumb + 2])  # in the middle of a character
        send(whole[thumb + 2 :])
        client.sendall(b"0\r\n\r\n")
        for event in lines:
            if event[0] == "end":
                break
            found.append(event)
    assert [data for name, data in found if name == "verdict"] == in_hand(models, PIECES)


def test_a_stream_ends_at_its_stop_where_that_is_wished(served: Served) -> None:
    mail = "Dear customer, your account is suspended. Verify your password now at this address to get your prize " * 3
    body = {"task": "emails", "pieces": [mail[at : at + 10] for at in range(0, len(mail), 10)], "until_stop": True}
    with served.client.stream("POST", "/v1/stream", json=body) as response:
        found = list(events(response.iter_lines()))
    names = [name for name, _ in found]
    assert names.count("stop") == 1 and names[-1] == "end"
    stop = next(data for name, data in found if name == "stop")
    assert stop["character"] < len(mail) and found[-1][1] == {"stopped": True}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"task": "reviews", "pieces": []}, 422),
        ({"task": "reviews", "pieces": ["\ud800"]}, 422),
        ({"task": "reviews", "pieces": ["a"], "question": "a model of texts alone?"}, 422),
        ({"task": "reviews", "pieces": ["a"], "rule": "mine"}, 422),
        ({"task": "reviews", "pieces": ["a"], "window": 0}, 422),
        ({"task": "nothing", "pieces": ["a"]}, 404),
        ({"task": "reviews", "pieces": ["x" * 200_001]}, 413),
    ],
)
def test_what_cannot_be_streamed_is_refused_before_it_begins(served: Served, body: dict[str, Any], status: int) -> None:
    content = json.dumps(body).encode("ascii")
    response = served.post("/v1/stream", content=content, headers={"content-type": "application/json"})
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("data", "status"), [(b"good \xff bad", 422), (b"cut off \xe2\x82", 422)])
def test_a_live_body_that_goes_wrong_ends_in_an_error_event(served: Served, data: bytes, status: int) -> None:
    response = served.post("/v1/stream/live", params={"task": "reviews"}, content=data)
    name, problem = list(events(iter(response.text.splitlines())))[-1]
    assert (name, problem["status"]) == ("error", status)
    assert "UTF-8" in problem["detail"]


def test_streams_are_given_back_when_their_readers_leave(
    settings: Settings, store: Store, models: Resident
) -> None:
    body = {"task": "reviews", "pieces": ["Love the dark mode. " * 60]}
    with served_with(settings, store, models, Limits(streams=1)) as served:
        with served.client.stream("POST", "/v1/stream", json=body) as response:
            next(response.iter_lines())
            assert httpx2.post(f"{served.url}/v1/stream", json=body, headers=served.client.headers).status_code == 503
        for _ in range(100):
            again = served.post("/v1/stream", json={"task": "reviews", "pieces": ["ok"]})
            if again.status_code == 200:
                break
        assert again.status_code == 200, again.text


def test_a_stream_that_takes_too_long_says_so(settings: Settings, store: Store, models: Resident) -> None:
    body = {"task": "reviews", "pieces": ["Love the dark mode. " * 60]}
    with served_with(settings, store, models, Limits(answering=0.05)) as served:
        found = list(events(iter(served.post("/v1/stream", json=body).text.splitlines())))
    assert found[-1][0] == "error" and found[-1][1]["status"] == 504
    assert any(name == "verdict" for name, _ in found)
