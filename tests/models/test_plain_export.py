"""A plain export says what the model says, as a folder, as a zip file, and as the hub receives it."""

from __future__ import annotations

import base64
import json
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForTokenClassification, AutoTokenizer, pipeline

from tests.models.voters import member
from tokapp.documents import Document
from tokapp.errors import BadInput, ModelUnavailable
from tokapp.models import load_model
from tokapp.models.export import export_plain, zip_plain
from tokapp.models.hub import push
from tokapp.settings import Settings


def test_the_exported_classifier_gives_the_same_logits(tmp_path: Path) -> None:
    settings = Settings(tmp_path, "sqlite://", device="cpu", threads=1)
    model = load_model("reviews", settings=settings)
    plain = AutoModelForTokenClassification.from_pretrained(export_plain(model, tmp_path / "plain")).eval()
    batch = model.collate(model.encode([Document("1", "The dark mode works, the search does not.")]))
    ours = model.forward(batch).token_logits
    with torch.inference_mode():
        theirs = plain(torch.from_numpy(batch.input_ids), torch.from_numpy(batch.attention_mask)).logits
    assert ours is not None
    assert torch.allclose(ours, theirs, atol=1e-4)
    assert not list((tmp_path / "plain").glob("*.bin"))
    again = load_model(str(tmp_path / "plain"), settings=settings)
    assert again.classes == model.classes


def test_the_zip_file_holds_what_the_pipeline_loads(tmp_path: Path) -> None:
    model = load_model("reviews", settings=Settings(tmp_path, "sqlite://", device="cpu", threads=1))
    with zipfile.ZipFile(zip_plain(model, tmp_path / "reviews.zip")) as packed:
        packed.extractall(tmp_path / "out")
    folder = str(tmp_path / "out" / "reviews")
    tagger = pipeline(
        "token-classification",
        model=AutoModelForTokenClassification.from_pretrained(folder),
        tokenizer=AutoTokenizer.from_pretrained(folder),
        aggregation_strategy="simple",
    )
    text = "I love the dark mode, but the search crashes."
    found = {text[one["start"] : one["end"]].strip() for one in tagger(text)}
    ours = {text[span.start : span.end] for span in model.predict([Document("1", text)])[0].spans}
    assert ours and ours <= found | {word for one in found for word in one.split()}


COMMIT = "https://huggingface.co/eva/mine/commit/1"


class _Hub(BaseHTTPRequestHandler):
    """As much of the hub's interface as an upload of small files asks for; what was asked is kept by the server."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.path, self.headers.get("Authorization"), body))  # type: ignore[attr-defined]
        if self.server.refuses:  # type: ignore[attr-defined]
            self._answer(403, {"error": "no"})
        elif self.path.endswith("/preupload/main"):
            files = [{"path": one["path"], "uploadMode": "regular"} for one in json.loads(body)["files"]]
            self._answer(200, {"files": [{**one, "shouldIgnore": False} for one in files]})
        else:
            self._answer(
                200, {"url": "https://huggingface.co/eva/mine", "commitUrl": COMMIT, "commitOid": "1", "warnings": []}
            )

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Authorization"), b""))  # type: ignore[attr-defined]
        self._answer(200, {"id": "eva/mine", "sha": "0", "siblings": []})

    def _answer(self, status: int, record: dict[str, object]) -> None:
        body = json.dumps(record).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is to be said."""


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    """A hub on this machine, as HF_ENDPOINT would name it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Hub)
    server.asked, server.refuses = [], False  # type: ignore[attr-defined]
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_the_hub_gets_a_private_model_with_the_token_and_nothing_before_a_name_and_a_token_are_there(
    hub: ThreadingHTTPServer, tmp_path: Path
) -> None:
    model = member("bert", tmp_path)
    for name, token in (("mine", "secret"), ("eva/../mine", "secret"), ("eva/mine", "")):
        with pytest.raises(BadInput):
            push(model, name, token)
    asked: list[tuple[str, str, bytes]] = hub.asked  # type: ignore[attr-defined]
    assert asked == []
    assert push(model, "eva/mine", "secret").endswith("/eva/mine")
    assert {token for _, token, _ in asked} == {"Bearer secret"}
    made = next(json.loads(body) for path, _, body in asked if path == "/api/repos/create")
    assert (made["visibility"], made["name"], made["organization"]) == ("private", "mine", "eva")
    commit = next(body for path, _, body in asked if path.startswith("/api/models/eva/mine/commit/"))
    sent = {one["value"]["path"]: one["value"] for one in map(json.loads, commit.splitlines()) if one["key"] == "file"}
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= sent.keys()
    config = json.loads(base64.b64decode(sent["config.json"]["content"]))
    assert list(config["id2label"].values()) == list(model.classes)


def test_a_hub_that_refuses_is_a_sentence(hub: ThreadingHTTPServer, tmp_path: Path) -> None:
    hub.refuses = True  # type: ignore[attr-defined]
    with pytest.raises(ModelUnavailable, match=r"the hub did not take bert-0 as eva/mine: .*403") as caught:
        push(member("bert", tmp_path), "eva/mine", "secret")
    assert "secret" not in str(caught.value) and "\n" not in str(caught.value)
