"""The API on a real port: who comes in, how much, how long, and how every refusal is told."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.api.conftest import TOKEN, Served, counted_forwards, served_with
from tokapp.api.limits import Limits
from tokapp.cli import main
from tokapp.inference.resident import Resident
from tokapp.settings import Settings
from tokapp.store import Store

TEXT = {"text": "The search bar crashes"}


def told(response: httpx2.Response, status: int) -> str:
    """The sentence of a refusal."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status and body["title"]
    assert "Traceback" not in response.text
    return str(body["detail"])


@pytest.fixture(scope="module")
def small(settings: Settings, store: Store, models: Resident) -> Iterator[Served]:
    limits = Limits(body=2_000, upload=3_000, reading=0.5, answering=0.3, texts=3, characters=300, at_once=2)
    with served_with(settings, store, models, limits) as found:
        yield found


def test_only_health_is_told_without_the_token(served: Served) -> None:
    paths = served.get("/openapi.json").json()["paths"]
    addresses = [(method, path.replace("{job_id}", "1")) for path, methods in paths.items() for method in methods]
    with httpx2.Client(base_url=served.url) as stranger:
        for method, path in [*addresses, ("get", "/openapi.json"), ("get", "/nothing"), ("options", "/v1/predict")]:
            response = stranger.request(method.upper(), path)
            if path == "/v1/health":
                assert response.json() == {"status": "ok"}
            else:
                assert "Authorization: Bearer" in told(response, 401)
                assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("shown", ["", "Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer tökén"])
def test_a_wrong_token_is_no_token(served: Served, shown: str) -> None:
    response = httpx2.get(f"{served.url}/v1/models", headers={"authorization": shown.encode("latin-1")})
    told(response, 401)


def test_other_web_pages_are_not_invited(served: Served) -> None:
    response = served.get("/v1/models", headers={"origin": "https://elsewhere.example"})
    assert not [name for name in response.headers if name.startswith("access-control")]


@pytest.mark.parametrize("token", ["", "short", "fifteen letters"])
def test_it_does_not_start_without_a_token_that_is_hard_to_guess(
    token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TOKAPP_HOME", str(tmp_path))
    monkeypatch.setenv("TOKAPP_API_TOKEN", token)
    with pytest.raises(SystemExit) as stop:
        main(["serve", "--port", "1"])
    assert stop.value.code == 1
    assert "at least 16 characters in TOKAPP_API_TOKEN" in capsys.readouterr().err


def test_serve_answers_and_ends_when_told_to(environment: dict[str, str], settings: Settings) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "tokapp", "serve", "--port", str(port)]
    process = subprocess.Popen(
        command, env={**os.environ, **environment, "TOKAPP_API_TOKEN": TOKEN}, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert f"http://127.0.0.1:{port}/v1" in process.stdout.readline()
        until = time.monotonic() + 30
        while True:
            try:
                assert httpx2.get(f"http://127.0.0.1:{port}/v1/health").json() == {"status": "ok"}
                break
            except httpx2.TransportError:
                assert time.monotonic() < until
                time.sleep(0.1)
        process.terminate()
        assert process.wait(15) in (0, -15)
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("path", ["/v1/predict", "/v1/explain", "/v1/jobs"])
def test_a_body_that_is_too_long_is_refused_before_it_is_read(small: Served, path: str) -> None:
    assert "longer than 2,000 bytes" in told(small.post(path, content=b"x" * 2_001), 413)


def test_a_body_is_counted_whatever_its_headers_promise(small: Served) -> None:
    pieces = (b"x" * 500 for _ in range(20))
    response = small.post("/v1/predict", content=pieces, headers={"content-type": "application/json"})
    assert "content-length" not in response.request.headers
    assert "longer than 2,000 bytes" in told(response, 413)


def test_an_upload_is_counted_too(small: Served) -> None:
    response = small.post("/v1/import", data={"project": "P"}, files={"files": ("a.txt", b"x" * 4_000)})
    assert "longer than 3,000 bytes" in told(response, 413)


def test_a_body_that_does_not_come_is_not_waited_for(small: Served) -> None:
    host, port = small.url.removeprefix("http://").split(":")
    head = f"POST /v1/predict HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {TOKEN}\r\ncontent-length: 10\r\n\r\n{{"
    with socket.create_connection((host, int(port)), timeout=10) as client:
        client.sendall(head.encode())
        answer = b"".join(iter(lambda: client.recv(10_000), b""))
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"did not come within" in answer


def test_more_texts_than_are_answered_at_once_become_a_job(small: Served) -> None:
    many = {"task": "reviews", "documents": [TEXT] * 4}
    assert "POST /v1/jobs" in told(small.post("/v1/predict", json=many), 413)
    long = {"task": "reviews", "document": {"text": "x" * 301}}
    assert "at most 3 of 300 in all" in told(small.post("/v1/explain", json=long), 413)


def test_an_answer_that_takes_too_long_says_what_to_do(small: Served, models: Resident) -> None:
    words = " ".join(f"word{at}" for at in range(25))
    with counted_forwards(models, seconds=0.2):
        response = small.post(
            "/v1/explain",
            json={
                "task": "reviews",
                "document": {"text": words},
                "targets": [{"kind": "span", "label": "feature", "start": 0, "end": 5}],
                "budget": 20_000,
            },
        )
    assert "a smaller budget or a shorter text" in told(response, 504)


def test_too_many_at_once_are_told_to_come_back(small: Served, models: Resident) -> None:
    found: list[httpx2.Response] = []

    def ask(number: int) -> None:
        with httpx2.Client(base_url=small.url, headers=small.client.headers, timeout=30) as client:
            body = {"task": "reviews", "documents": [{"text": f"question number {number}"}]}
            found.append(client.post("/v1/predict", json=body))

    with counted_forwards(models, seconds=0.2):
        threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    refused = [one for one in found if one.status_code != 200]
    assert len(found) - len(refused) >= 2
    assert refused
    for one in refused:
        assert "try again in a second" in told(one, 503)
        assert one.headers["retry-after"] == "1"


HOSTILE = {
    "no JSON": b'{"documents": [',
    "no object": b"7",
    "nothing": b"",
    "half a character": b'{"task": "reviews", "documents": [{"text": "\\ud800"}]}',
    "half a character in meta": b'{"task": "reviews", "documents": [{"text": "a", "meta": {"\\udc00": 1}}]}',
    "half a character in a name": b'{"task": "\\ud800", "documents": [{"text": "a"}]}',
    "not a number in meta": b'{"task": "reviews", "documents": [{"text": "a", "meta": {"x": NaN}}]}',
    "infinity in meta": b'{"task": "reviews", "documents": [{"text": "a", "meta": {"x": [-Infinity]}}]}',
    "a number of many digits": b'{"documents": [{"text": "a", "meta": {"x": ' + b"9" * 5_000 + b"}}]}",
    "a deep nest": b'{"task": "reviews", "documents": [{"text": "a", "meta": ' + b'{"x":' * 50_000,
    "no UTF-8": b'{"task": "reviews", "documents": [{"text": "\xff"}]}',
    "only white space": b'{"task": "reviews", "documents": [{"text": " \\n\\u2003"}]}',
    "no documents": b'{"task": "reviews", "documents": []}',
    "neither model nor task": b'{"documents": [{"text": "a"}]}',
    "a name with NUL": b'{"model": "re\\u0000views", "documents": [{"text": "a"}]}',
    "a question that is no text": b'{"task": "rag", "documents": [{"text": "a", "question": {}}]}',
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_body_is_told_apart(served: Served, body: bytes) -> None:
    response = served.post("/v1/predict", content=body, headers={"content-type": "application/json"})
    assert response.status_code in (400, 422)
    assert len(told(response, response.status_code)) > 10


@pytest.mark.parametrize(
    "model", ["../../../etc", "/etc/passwd", "owner/name", "no-such-model", "reviews/../reviews", "C:\\models", "."]
)
def test_only_versions_are_models_here_neither_folders_nor_hub_names(served: Served, model: str) -> None:
    response = served.post("/v1/predict", json={"model": model, "documents": [TEXT]})
    assert "GET /v1/models" in told(response, 404)
    job = served.post("/v1/jobs", json={"kind": "predict", "project": "P", "model": model})
    told(job, 404)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nothing", 404),
        ("GET", "/v1/predict", 405),
        ("GET", "/v1/jobs/99999", 404),
        ("GET", f"/v1/jobs/{2**80}", 422),
        ("GET", "/v1/jobs/one", 422),
        ("POST", "/v1/jobs/99999/cancel", 404),
        ("GET", "/v1/jobs?limit=1e9", 422),
        ("GET", "/v1/jobs?project=nobody%00", 422),
        ("GET", "/v1/jobs?project=%ff", 404),
        ("GET", "/v1/export?project=nobody", 404),
        ("GET", "/v1/export?project=nobody&format=exe", 404),
        ("GET", "/v1/ready", 422),
        ("GET", "/v1/ready?task=nothing", 404),
        ("GET", "/v1/ready?task=rag&model=reviews", 422),
    ],
)
def test_a_wrong_address_is_told_apart(served: Served, method: str, path: str, status: int) -> None:
    assert told(served.client.request(method, path), status)
