"""The commands that the README shows for the API are run as they stand there."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.api.conftest import TOKEN, Served

README = (Path(__file__).resolve().parents[2] / "README.md").read_text("utf-8")
SECTION = README.split("## HTTP API")[1].split("\n## ")[0]
SETTING, *_ = re.findall(r"^A=.*$", SECTION, re.MULTILINE)
COMMANDS = re.findall(r"^curl .*$", SECTION, re.MULTILINE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("readme")
    (found / "reviews.csv").write_text("id,text\na,The search bar crashes\n", "utf-8")
    return found


def test_there_are_examples() -> None:
    for path in ("predict", "explain", "stream", "import", "export", "jobs", "models", "projects", "health"):
        assert any(f"/{path}" in command for command in COMMANDS), path


@pytest.mark.parametrize("command", COMMANDS)
def test_an_example_works(served: Served, folder: Path, command: str) -> None:
    setting = SETTING.replace("http://127.0.0.1:8600", served.url)
    script = f"curl() {{ command curl -sS --fail-with-body --max-time 30 \"$@\"; }}; {setting}\n{command}"
    done = subprocess.run(
        ["bash", "-ec", script],
        cwd=folder,
        env={**os.environ, "TOKAPP_API_TOKEN": TOKEN},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    if "-o " in command:
        assert json.loads((folder / "reviews.jsonl").read_text("utf-8").splitlines()[0])["id"] == "a"
    else:
        assert done.stdout.strip()
