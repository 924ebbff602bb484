"""Check reasons: starting a check, and what is shown of a finished one."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import OpenPage
from tests.pages.test_pages import shown
from tokapp.documents import Target
from tokapp.explanations.judging import judge_document, summarise
from tokapp.explanations.judging.extractive import Match
from tokapp.explanations.judging.judged import JudgedDocument, write_judged
from tokapp.explanations.judging.ledgers import DocumentLedger
from tokapp.explanations.judging.self_consistency import Consistency, Hint, Insertions, score_reasons
from tokapp.explanations.wording import Wording
from tokapp.models import load_model
from tokapp.settings import JUDGED, Settings
from tokapp.store import JobRow, Project, Store
from tokapp.ui.judge.outcome import read_outcome, write_json, write_methods, write_reasons

PIECE = Target("span", "feature", 11, 20)
HOSTILE = "=1+1 <b>dark</b> :material/home: **mode** [x](http://x)"


def reason(score: float | None, text: str = "it says dark mode", document: str = "r0") -> Consistency:
    match = Match(score, ((11, 15),) if score is not None else (), "" if score is not None else "it names no word")
    insertions, hint = Insertions(64, 2, 2, 1), Hint("x", False, None)
    return Consistency(document, PIECE, Wording(text, "template"), match, insertions, hint)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> DocumentLedger:
    """What the built-in model is really measured at on a short review."""
    from tokapp.documents import Document

    settings = Settings.from_environment({"TOKAPP_HOME": str(tmp_path_factory.mktemp("m")), "TOKAPP_DEVICE": "cpu"})
    return judge_document(load_model("reviews", settings=settings), Document("a", "The camera crashes"), budget=8)


@pytest.fixture
def finished(project: Project, home: Store, tmp_path: Path, ledger: DocumentLedger) -> JobRow:
    """A check that a worker has finished: one good reason, a bad one, and one without a word of the text."""
    reasons = [reason(0.9), reason(-0.5, HOSTILE, "r1"), reason(None, "nobody knows", "r2")]
    job = home.enqueue("judge", project_id=project.id, payload={"model": "reviews", "reasons": "template"})
    assert home.claim("me") is not None
    folder = Settings.from_environment({"TOKAPP_HOME": str(tmp_path)}).job_folder(job.id)
    folder.mkdir(parents=True)
    lines = [write_judged(JudgedDocument(pk, ledger, [one])) for pk, one in enumerate(reasons, start=1)]
    (folder / JUDGED).write_bytes(b"".join(lines))
    record = summarise([ledger] * 3, model_name="reviews").to_record()
    scores = asdict(score_reasons(reasons))
    result: dict[str, Any] = {"model": "reviews", "documents": 3, "judgement": record}
    home.finish(job.id, "me", {**result, "reasons": "template", "scores": scores})
    return home.job(job.id)


def frame(at: AppTest, column: str) -> Any:
    return next(one.value for one in at.dataframe if column in one.value.columns)


def test_before_any_check_it_says_what_to_do(project: Project, open_page: OpenPage) -> None:
    at = open_page("judge", project=project.id)
    assert "Nothing is checked yet" in shown(at) and not at.dataframe


def test_a_check_is_started_once_and_can_be_cancelled(project: Project, home: Store, open_page: OpenPage) -> None:
    at = open_page("judge", project=project.id)
    at.number_input(key="judge_limit").set_value(3)
    at.selectbox(key="judge_reasons").set_value("template")
    at.button(key="judge_start").click().run()
    (job,) = home.jobs(project.id, "judge")
    wanted = {"model": "reviews", "limit": 3, "budget": None, "reasons": "template", "language": "en"}
    assert job.payload == wanted and not at.exception
    assert "judge_start" not in [button.key for button in at.button]
    at.button(key=f"cancel_{job.id}").click().run()
    assert home.job(job.id).state == "cancelled"
    assert "judge_start" in [button.key for button in at.button]


def test_a_language_model_is_offered_only_where_one_is_set_up(
    project: Project, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOKAPP_LLM_URL", raising=False)
    offered = open_page("judge", project=project.id).selectbox(key="judge_reasons").options
    assert "from the language model" not in offered and "from a template" in offered
    monkeypatch.setenv("TOKAPP_LLM_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("TOKAPP_LLM_MODEL", "small")
    assert "from the language model" in open_page("judge", project=project.id).selectbox(key="judge_reasons").options


def test_methods_stand_beside_each_other_and_the_worst_reason_first(
    project: Project, finished: JobRow, open_page: OpenPage
) -> None:
    at = open_page("judge", project=project.id)
    assert not at.exception and not at.error
    methods = frame(at, "method")
    names = list(methods["method"])
    assert (names[0], names[-1]) == ("tokapp", "Random order")
    assert methods["error"][0] == pytest.approx(0, abs=1e-9) and "error_long" not in methods
    found = frame(at, "reason")
    assert list(found["match"])[:2] == [-0.5, 0.9] and list(found["pk"]) == [2, 1, 3]
    assert list(found["insertions"]) == ["failed"] * 3 and list(found["hint"]) == ["passed"] * 3
    assert [one.value for one in at.metric] == ["+0.20", "0 of 3", "3 of 3"]
    assert "CC-SHAP (extractive variant)" in shown(at) and "marked which words" in shown(at)


def test_reasons_that_lie_elsewhere_are_said_to(
    project: Project, finished: JobRow, open_page: OpenPage, tmp_path: Path
) -> None:
    (Settings.from_environment({"TOKAPP_HOME": str(tmp_path)}).job_folder(finished.id) / JUDGED).unlink()
    at = open_page("judge", project=project.id)
    assert "on the machine of the worker" in shown(at) and len(at.dataframe) == 1 and not at.error


def test_files_hold_everything_and_run_nothing(finished: JobRow, tmp_path: Path) -> None:
    outcome = read_outcome(finished, Settings.from_environment({"TOKAPP_HOME": str(tmp_path)}))
    record = json.loads(write_json(outcome))
    assert len(record["reasons"]) == 3 and record["measure_of_reasons"] == "CC-SHAP (extractive variant)"
    assert record["reasons"][0]["reason"]["text"] == HOSTILE
    methods = list(csv.DictReader(io.StringIO(write_methods(outcome).decode())))
    assert methods[0]["method"] == "tokapp" and float(methods[0]["error"]) == pytest.approx(0, abs=1e-9)
    rows = list(csv.DictReader(io.StringIO(write_reasons(outcome).decode())))
    assert rows[0]["reason"] == "'" + HOSTILE and rows[2]["why_undefined"] == "it names no word"
    assert write_reasons(replace(outcome, reasons=())).strip() == b""
