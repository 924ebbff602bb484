"""The wheel is complete: in an empty virtual environment, away from the checkout, the app runs and predicts."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return next(out.glob("tokapp-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of an environment that holds the wheel and what it declares, and nothing else."""
    folder = tmp_path_factory.mktemp("empty") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--no-compile", "-c", str(ROOT / "constraints.txt"), str(wheel)], check=True, timeout=1200)
    return folder


def _environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return {**kept, "TOKAPP_HOME": str(home), "TOKAPP_DEVICE": "cpu"}


def test_the_wheel_holds_the_app_its_pages_its_data_and_the_editor(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for file in [ROOT / "app.py", *(ROOT / "pages").glob("*.py"), *(ROOT / "data").rglob("*.*")]:
        if file.is_file() and file.suffix != ".pyc":
            assert f"tokapp/_shipped/{file.relative_to(ROOT).as_posix()}" in names
    for file in (ROOT / "tokapp").rglob("*"):
        if file.is_file() and "__pycache__" not in file.parts:
            assert file.relative_to(ROOT).as_posix() in names


def test_no_pickled_weights_are_in_the_wheel(wheel: Path) -> None:
    endings = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".joblib")
    assert not [name for name in zipfile.ZipFile(wheel).namelist() if name.endswith(endings)]


@pytest.mark.timeout(1500)
def test_an_installed_wheel_predicts(installed: Path, tmp_path: Path) -> None:
    source = tmp_path / "reviews.csv"
    source.write_text("text\nThe dark mode is great but the search bar crashes\n", "utf-8")
    command = [str(installed / "bin" / "tokapp"), "predict", str(source), "--task", "reviews", "-o", "out.jsonl"]
    subprocess.run(command, check=True, cwd=tmp_path, env=_environment(tmp_path / "home"), timeout=300)
    record = json.loads((tmp_path / "out.jsonl").read_text("utf-8"))
    assert record["model"] == "reviews"
    assert record["spans"], "the shipped model marks something in a plain review"
    assert all(0 <= span["score"] <= 1 for span in record["spans"])


@pytest.mark.timeout(1500)
def test_an_installed_wheel_runs_the_app(installed: Path, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(installed / "bin" / "tokapp"), "run", "--port", str(port)]
    process = subprocess.Popen(command, cwd=tmp_path, env=_environment(tmp_path / "home"), stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, b"")
        assert any(f"http://localhost:{port}".encode() in line for line in lines), "the address is printed"
        assert b"ok" in _get(f"http://127.0.0.1:{port}/_stcore/health")
        assert b"<html" in _get(f"http://127.0.0.1:{port}/").lower()
        editor = _get(f"http://127.0.0.1:{port}/_stcore/bidi-components/tokapp.span_editor/editor.js")
        assert b"export default" in editor
    finally:
        process.terminate()
        process.wait(30)
    assert process.returncode == 0


def _get(url: str) -> bytes:
    for _ in range(50):
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                body: bytes = answer.read()
                return body
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    raise AssertionError(f"no answer from {url}")
