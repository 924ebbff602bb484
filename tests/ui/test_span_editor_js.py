"""The editor's own unit tests, run by Node's test runner."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

FOLDER = Path(__file__).parent / "span_editor_js"


def test_the_editors_script_passes_its_unit_tests() -> None:
    node = shutil.which("node")
    assert node, "Node 20 or newer is needed for the editor's unit tests: install Debian's `nodejs`"
    files = sorted(str(file) for file in FOLDER.glob("*.test.mjs"))
    done = subprocess.run([node, "--test", *files], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    passed = re.search(r"^\S* pass (\d+)", done.stdout, re.MULTILINE)
    assert passed and int(passed[1]) >= 50, done.stdout[-2000:]
