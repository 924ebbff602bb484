"""What the Dockerfile names is checked here, since an image cannot be built everywhere."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tokapp.errors import BadInput
from tokapp.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
TEXT = re.sub(r"\\\n\s*", " ", (ROOT / "Dockerfile").read_text("utf-8"))
LINES = [line.split(None, 1) for line in TEXT.splitlines() if line and not line.startswith("#")]


def _all(word: str) -> list[str]:
    return [rest[0] for name, *rest in (line for line in LINES) if name.strip() == word and rest]


@pytest.mark.parametrize("line", _all("COPY"))
def test_everything_copied_exists(line: str) -> None:
    *sources, _ = [part for part in shlex.split(line) if not part.startswith("--")]
    assert sources
    for source in sources:
        assert (ROOT / source).exists(), source


def test_the_wheel_needs_nothing_that_is_not_copied() -> None:
    copied = {part for line in _all("COPY") for part in shlex.split(line) if not part.startswith("--")}
    named = re.findall(r'^"([^"]+)" = "tokapp/_shipped', (ROOT / "pyproject.toml").read_text("utf-8"), re.M)
    assert {"app.py", "pages", "data"} <= set(named) <= copied


def test_it_starts_from_a_slim_python_and_does_not_run_as_root() -> None:
    assert re.fullmatch(r"python:3\.\d+-slim", _all("FROM")[0])
    assert _all("USER") == ["tokapp"]
    assert "useradd" in TEXT and TEXT.index("useradd") < TEXT.index("\nUSER")


def test_the_home_folder_is_a_volume_and_belongs_to_the_user() -> None:
    home = re.search(r"TOKAPP_HOME=(\S+)", TEXT)
    assert home and _all("VOLUME") == [home[1]]
    assert re.search(rf"chown -R tokapp:tokapp .*{home[1]}", TEXT)


def test_the_wheels_are_cpu_by_default_and_an_argument_chooses_cuda() -> None:
    (argument,) = _all("ARG")
    name, default = argument.split("=", 1)
    assert default.endswith("/cpu")
    assert f'--extra-index-url "${name}"' in TEXT
    assert "-c constraints.txt" in TEXT


def test_the_command_is_one_that_the_terminal_knows() -> None:
    command = json.loads(_all("CMD")[0])
    options = [part for part in command if part.startswith("--")]
    help_text = subprocess.run(
        [sys.executable, "-m", "tokapp", command[1], "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert command[0] == "tokapp"
    assert options and all(option in help_text for option in options)


def test_the_health_check_is_valid_python_and_asks_streamlits_own_endpoint() -> None:
    health = json.loads(_all("HEALTHCHECK")[0].split("CMD", 1)[1])
    assert health[:2] == ["python", "-c"]
    compile(health[2], "health", "exec")
    port = json.loads(_all("CMD")[0])[json.loads(_all("CMD")[0]).index("--port") + 1]
    assert f":{port}/_stcore/health" in health[2]
    assert _all("EXPOSE") == [port]


def test_it_asks_who_comes_in_since_it_listens_on_every_address() -> None:
    command = json.loads(_all("CMD")[0])
    address = command[command.index("--address") + 1]
    variables = dict(part.split("=", 1) for part in shlex.split(_all("ENV")[0]))
    Settings.from_environment(variables).require_private(address)
    with pytest.raises(BadInput, match=re.escape(address)):
        Settings.from_environment({}).require_private(address)
