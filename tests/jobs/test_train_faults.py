"""A training meets a kill, a full disk, too little memory or damaged files, in each of its phases."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tokapp.jobs.faults import sentence_of

PHASES = ("preparing", "training", "saving", "judging")
FAULTS = ("kill", "memory", "disk", "corrupt")
CASES = [f"{phase}-{fault}" for phase in PHASES for fault in FAULTS if (phase, fault) != ("saving", "corrupt")]
SAYS = {"memory": "not enough memory", "disk": "the disk is full", "corrupt": "damaged (its checksum is wrong)"}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What was there after the fault and in the end, by phase and fault."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    command = [sys.executable, "-m", "tests.jobs.faulty", str(tmp_path_factory.mktemp("faults")), *CASES]
    root = Path(__file__).resolve().parents[2]
    ran = subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True, timeout=280)
    assert ran.returncode == 0, ran.stderr[-3000:]
    rows = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith('{"case"')]
    return {row["case"]: row for row in rows}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("case", CASES)
def test_nothing_is_lost_and_the_training_resumes_or_says_why_in_one_line(case: str, found: dict[str, Any]) -> None:
    phase, fault = case.split("-")
    met, after = found[case]["met"], found[case]["after"]
    is_kill = fault == "kill" or case == "training-corrupt"
    assert met["killed"] is is_kill
    assert met["gold"] == after["gold"] == 40
    assert met["in_use"] == after["in_use"] == "tiny" and met["serves"]
    assert "mine" not in met["listed"] or phase == "judging", "what is half written is not listed"
    if is_kill:
        assert (met["state"], after["attempt"]) == ("running", 2)
    elif case == "judging-disk":  # it is the database's own files that cannot grow; the next attempt finds room
        assert met["state"] == "done" and met["attempt"] == 2
    else:
        assert met["state"] == "failed" and SAYS[fault] in met["error"] and "\n" not in met["error"]
    if case == "judging-corrupt":
        assert after["state"] == "failed" and after["error"] == met["error"] and after["known"] == ["tiny"]
        return
    assert after["state"] == "done", after["error"]
    assert after["there"] == after["listed"] == ["mine", "tiny"] and after["known"] == ["mine", "tiny"]
    assert after["half"] == 0


def test_a_fault_is_told_from_an_error_of_ours() -> None:
    assert sentence_of(ValueError("no space left")) is None
    assert sentence_of(FileNotFoundError(2, "nothing there")) is None
    try:
        try:
            raise OSError(28, "No space left on device")
        except OSError as full:
            raise ValueError("could not write") from full
    except ValueError as error:
        assert "the disk is full" in str(sentence_of(error))
