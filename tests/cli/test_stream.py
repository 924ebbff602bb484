"""A text in a terminal, judged while it comes in."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any, TextIO

import pytest

from tests.models.guards import write_guard
from tokapp.cli import main

MAIL = "Dear customer, your account is suspended. Verify your password now"


class Terminal:
    """Standard input and output of a running verb, as the ends of two pipes."""

    def __init__(self, *arguments: str) -> None:
        into, self._write = os.pipe()
        self._read, out = os.pipe()
        self.input, self.output = os.fdopen(into), os.fdopen(out, "w", encoding="utf-8")
        self.lines: TextIO = os.fdopen(self._read, encoding="utf-8")
        self.code: int | str | None = None
        self._thread = Thread(target=self._run, args=(arguments,))

    def __enter__(self) -> Terminal:
        self._before = sys.stdin, sys.stdout
        sys.stdin, sys.stdout = self.input, self.output
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(60)
        sys.stdin, sys.stdout = self._before
        assert not self._thread.is_alive()

    def _run(self, arguments: tuple[str, ...]) -> None:
        try:
            main(arguments)
        except SystemExit as stop:
            self.code = stop.code
        finally:
            self.output.close()

    def type(self, data: bytes) -> None:
        os.write(self._write, data)

    def end(self) -> None:
        os.close(self._write)

    def read(self) -> Iterator[Any]:
        return (json.loads(line) for line in self.lines)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKAPP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOKAPP_DEVICE", "cpu")
    monkeypatch.setenv("TOKAPP_THREADS", "1")


def test_a_verdict_is_written_before_the_text_is_at_its_end() -> None:
    with Terminal("stream", "--task", "reviews") as terminal:
        text = "Love the dark mode 👍🏽, but \xff!".encode()
        terminal.type(text[:20])  # in the middle of an emoji
        lines = terminal.read()
        assert next(lines)["text"] == "Love"
        terminal.type(text[20:] + b"\xff")
        terminal.end()
        found = list(lines)
    assert not terminal.code
    assert [one["text"] for one in found] == ["the", "dark", "mode", "👍🏽", ",", "but", "ÿ", "!", "\ufffd"]
    assert [one["index"] for one in found] == list(range(1, 10))


def test_reading_ends_at_the_stop_though_more_could_come() -> None:
    with Terminal("stream", "--task", "emails", "--until-stop", "--window", "3") as terminal:
        terminal.type(MAIL.encode())  # and the end never comes
        *verdicts, last, stop = terminal.read()
    assert not terminal.code and last["flagged"] and not any(one["flagged"] for one in verdicts)
    assert stop["stop"] == {
        "index": last["index"], "character": last["end"], "label": "Unsafe", "category": "phishing"
    }  # fmt: skip


def test_a_guard_model_says_first_what_it_thinks_of_the_prompt(tmp_path: Path) -> None:
    folder = str(write_guard(tmp_path / "guard"))
    with Terminal("stream", "--model", folder, "--question", "How?", "--strict", "--rule", "eval") as terminal:
        terminal.type(b"Love the dark mode, but the search does not find my notes")
        terminal.end()
        prompt, *lines = terminal.read()
    assert not terminal.code and prompt["prompt"]["label"] in {"Safe", "Unsafe"}
    verdicts = [line for line in lines if "stop" not in line]
    assert {one["label"] for one in verdicts} <= {"Safe", "Unsafe"}
    assert all(set(one["scores"]) == {"Safe", "Unsafe", "Controversial"} for one in verdicts)


def test_a_guard_model_says_which_words_cut_the_stream(tmp_path: Path) -> None:
    folder = str(write_guard(tmp_path / "guard"))
    with Terminal("stream", "--model", folder, "--question", "How?", "--window", "1", "--strict", "--why") as terminal:
        terminal.type("Love the dark mode 😀, but the search does not find my notes".encode())
        terminal.end()
        *_, why = terminal.read()
    assert not terminal.code
    target, words = why["why"]["target"], why["why"]["words"]
    assert (target["kind"], target["label"]) == ("cut", "Unsafe+Controversial")
    assert 0 < len(words) <= 10 and {"start", "end", "text", "value", "error", "part"} == set(words[0])
    strengths = [abs(word["value"]) for word in words]
    assert strengths == sorted(strengths, reverse=True)
    assert all(word["end"] <= target["end"] for word in words if word["part"] == -1)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), 2),
        (("--task", "reviews", "--why"), 1),
        (("--task", "reviews", "--question", "Why?"), 1),
        (("--task", "nothing"), 1),
        (("--model", "x"), 1),
    ],
)
def test_what_cannot_be_streamed_is_said_in_a_line(
    arguments: tuple[str, ...], code: int, capfd: pytest.CaptureFixture[str]
) -> None:
    with Terminal("stream", *arguments) as terminal:
        terminal.end()
    assert terminal.code == code and "Traceback" not in capfd.readouterr().err
