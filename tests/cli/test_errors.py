"""Every failure in a terminal is one line that says what to do; usage errors leave with 2, failures with 1."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tokapp.cli import main


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOKAPP_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("TOKAPP_DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    return int(stop.value.code or 0)


@pytest.mark.parametrize(
    "arguments",
    [
        ["fly"],
        ["predict"],
        ["predict", "missing.csv", "--task", "reviews", "-o", "out.jsonl"],
        ["explain", "--task", "reviews", "-o", "out.jsonl"],
        ["run", "--port", "0"],
        ["import", "--project", "P"],
    ],
)
def test_wrong_usage_leaves_with_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments) == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["models", "show", "nothing"], "nothing"),
        (["models", "promote", "../../etc"], "etc"),
        (["export", "--project", "none", "--format", "csv", "-o", "out.csv"], "none"),
        (["models", "rollback", "--task", "reviews"], "reviews"),
        (["build-models", "--data", "nowhere"], "--data"),
    ],
)
def test_a_failure_is_one_line_and_leaves_with_one(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 1
    error = capsys.readouterr().err
    assert error.startswith("tokapp: ")
    assert words in error
    assert error.count("\n") == 1


def test_a_bad_setting_is_named(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKAPP_DEVICE", "abacus")
    assert run("models", "list") == 1
    assert "TOKAPP_DEVICE" in capsys.readouterr().err


def test_a_database_that_cannot_be_opened_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"this is not a database, and long enough to be read as one" * 40)
    monkeypatch.setenv("TOKAPP_DATABASE_URL", f"sqlite:///{broken}")
    assert run("models", "list") == 1
    assert "Traceback" not in capsys.readouterr().err
    assert broken.read_bytes().startswith(b"this is not a database"), "the file is left as it was"


def test_the_help_names_every_verb() -> None:
    text = subprocess.run([sys.executable, "-m", "tokapp", "--help"], capture_output=True, text=True, check=True).stdout
    verbs = ["run", "worker", "doctor", "import", "predict", "explain", "train", "evaluate", "export", "models"]
    for verb in [*verbs, "build-models"]:
        assert f"  {verb} " in text
