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


def main_ends_well(*arguments: str) -> None:
    """Run a verb that is to end with exit code 0."""
    try:
        main(arguments)
    except SystemExit as stop:
        assert not stop.code


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
        (["explain", "--task", "reviews", "--model", "emails", "--text", "slow", "-o", "out.jsonl"], "is for the task"),
        (["models", "promote", "../../etc"], "etc"),
        (["export", "--project", "none", "--format", "csv", "-o", "out.csv"], "none"),
        (["models", "rollback", "--task", "reviews"], "reviews"),
        (["build-models", "--data", "nowhere"], "--data"),
        (["build-models", "--task", "nope"], "rag"),
        (["explain", "--task", "reviews", "--text", "", "-o", "out.jsonl"], "--text"),
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


@pytest.mark.parametrize(
    ("content", "words"),
    [("", "empty"), ("text\n", "no documents"), ("text,n\n,1\n,2\n", "line 3"), ("\x00\x01\x02\x03\x04", "binary")],
)
def test_an_import_of_which_nothing_goes_in_fails_and_says_why(
    content: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.csv").write_text(content)
    assert run("import", "bad.csv", "--project", "P", "--task", "reviews") == 1
    error = capsys.readouterr().err
    assert words in error and "nothing went in" in error


def test_a_bad_file_does_not_keep_the_good_one_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.csv").write_text("")
    (tmp_path / "good.csv").write_text("text\nI like it\n")
    main_ends_well("import", "bad.csv", "good.csv", "--project", "P", "--task", "reviews")
    told = capsys.readouterr()
    assert "1 added, 0 duplicates, 1 failed" in told.out and "bad.csv: the file is empty" in told.err


@pytest.mark.parametrize("verb", [["evaluate", "--data", "none.csv"], ["train", "--name", "../evil"]])
def test_what_cannot_come_to_anything_stops_before_a_model_is_loaded(
    verb: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "none.csv").write_text("text\nI like it\n")
    files = ["--train", "none.csv", "--validation", "none.csv"] if verb[0] == "train" else []
    assert run(*verb, *files, "--task", "reviews") == 1
    assert "labels to compare" in (error := capsys.readouterr().err) or "evil" in error


def test_a_doctor_that_finds_something_wrong_leaves_with_one(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home.parent.joinpath("file").write_text("")
    monkeypatch.setenv("TOKAPP_HOME", str(home.parent / "file" / "home"))
    assert run("doctor") == 1
    told = capsys.readouterr()
    assert "BAD  home" in told.out and "not in order: home, database" in told.err


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
