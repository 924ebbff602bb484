"""Judging and comparing explanations in a terminal, with the shipped model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.models.speaker import write_speaker
from tokapp.cli import main

REVIEWS = (
    {"id": "a", "text": "Love the dark mode and search", "reasons": [{"start": 9, "end": 18}]},
    {"id": "b", "text": "The camera crashes"},
)


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKAPP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TOKAPP_DEVICE", "cpu")
    monkeypatch.delenv("TOKAPP_DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    Path("reviews.jsonl").write_text("".join(json.dumps(one) + "\n" for one in REVIEWS), "utf-8")


def run_verb(verb: str, *arguments: str) -> int:
    try:
        main((verb, "--task", "reviews", *arguments))
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def run(*arguments: str) -> int:
    return run_verb("explain-eval", *arguments)


def test_a_table_has_a_line_for_every_method(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--data", "reviews.jsonl", "--documents", "1") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("reviews on 1 of 1 documents")
    assert lines[1].split()[:3] == ["method", "error", "long"] and lines[1].endswith("AUPRC  token F1  IOU F1")
    assert [line.split("  ")[0] for line in lines[2:8]] == [
        *("odd-regression", "permutation", "partition", "leave-one-out", "integrated-gradients", "random order")
    ]
    assert lines[2].split()[1:3] == ["0.0000", "-"]
    assert len({len(line) for line in lines[1:8]}) == 1
    assert "all coalitions of texts of at most 12 words (1 decisions)" in lines[9]


def test_json_has_the_same_figures(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--data", "reviews.jsonl", "--budget", "40", "--json") == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["model"], record["budget"], record["documents"], record["sampled"]) == ("reviews", 40, 2, 0)
    ours, _, _, loose, _, chance = record["methods"]
    assert 0 <= ours["error"] < loose["error"] and ours["error_long"] is None
    assert ours["plausibility"]["count"] == 2 * (record["enumerated"] - 1) and ours["evaluations"] <= 40
    assert chance["error"] is None and chance["evaluations"] == 0


def test_reasons_in_words_are_checked_where_they_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--data", "reviews.jsonl", "--documents", "1", "--budget", "8", "--reasons", "template") == 0
    lines = capsys.readouterr().out.splitlines()
    first = next(place for place, line in enumerate(lines) if line.startswith("reasons (template): "))
    assert lines[first + 1].startswith("CC-SHAP (extractive variant): ") and "1 same evidence" in lines[first + 1]
    arguments = ("--data", "reviews.jsonl", "--budget", "8", "--reasons", "template", "--language", "de", "--json")
    assert run(*arguments) == 0
    record = json.loads(capsys.readouterr().out)["reasons"]
    assert record["measure"] == "CC-SHAP (extractive variant)"
    assert len(record["decisions_checked"]) == record["decisions"] > 0
    assert " ist feature" in record["decisions_checked"][0]["reason"]["text"]


def test_a_language_model_in_a_folder_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("mails.jsonl").write_text(json.dumps({"id": "m", "text": "You won, send money"}) + "\n", "utf-8")
    speaker = str(write_speaker(tmp_path / "speaker"))
    mails = ("--task", "emails", "--data", "mails.jsonl", "--budget", "8", "--language-model", speaker)
    assert run(*mails, "--json") == 0
    said = json.loads(capsys.readouterr().out)["language_model"]
    (one,) = said["documents"]
    assert one["document_id"] == "m" and one["label"] in ("ham", "spam", "phishing")
    assert said["cc_shap"] == one["score"] and (one["score"] is None or -1 <= one["score"] <= 1)
    assert run("--data", "reviews.jsonl", "--language-model", speaker) == 1
    assert "chooses among 2 to 26 labels, not 1" in capsys.readouterr().err


def test_nobody_is_asked_who_is_not_set_up(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOKAPP_LLM_URL", raising=False)
    assert run("--data", "reviews.jsonl", "--budget", "8", "--reasons", "llm") == 1
    assert "set TOKAPP_LLM_URL" in capsys.readouterr().err
    assert run("--data", "reviews.jsonl", "--budget", "8", "--language-model", "./absent") == 1
    assert "there is no folder" in capsys.readouterr().err


def test_what_cannot_be_judged_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    Path("dull.jsonl").write_text('{"id": "x", "text": "..."}\n', "utf-8")
    assert run("--data", "dull.jsonl", "--budget", "8") == 1
    written = capsys.readouterr().err
    assert written.startswith("tokapp: ") and written.count("\n") == 1 and "marks nothing in" in written
    assert run("--data", "absent.jsonl") == run("--data", "dull.jsonl", "--documents", "0") == 2


def test_a_project_is_judged_by_the_reasons_that_people_marked_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    def judge(*arguments: str) -> int:
        try:
            main(("explain-eval", *arguments))
        except SystemExit as stop:
            return int(stop.code or 0)
        return 0

    main(("import", "reviews.jsonl", "--project", "p", "--task", "reviews"))
    capsys.readouterr()
    assert judge("--project", "p", "--budget", "8", "--json") == 0
    record = json.loads(capsys.readouterr().out)
    assert record["documents"] == 1 and record["methods"][0]["plausibility"]["count"] == 2
    Path("plain.jsonl").write_text('{"id": "b", "text": "The camera crashes"}\n', "utf-8")
    main(("import", "plain.jsonl", "--project", "q", "--task", "reviews"))
    capsys.readouterr()
    assert judge("--project", "q") == 1
    assert "nobody has marked reasons in it yet" in capsys.readouterr().err
    assert judge("--data", "reviews.jsonl") == judge("--task", "reviews") == 2


def test_words_are_explained_by_a_peer_and_the_record_names_it() -> None:
    span = ("--text", "The camera crashes", "--span", "4:10:feature", "-o", "out.jsonl")
    assert run_verb("explain", *span, "--method", "leave-one-out") == 0
    (attribution,) = json.loads(Path("out.jsonl").read_text("utf-8"))["attributions"]
    assert (attribution["method"], attribution["evaluations"]) == ("leave-one-out", 5)
    assert run_verb("explain", *span) == 0
    assert "method" not in json.loads(Path("out.jsonl").read_text("utf-8"))["attributions"][0]
    assert run_verb("explain", *span, "--method", "lime") == 2


def test_edges_rivals_and_sources_are_explained_where_they_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    text = ("--text", "The search bar fails often", "-o", "why.jsonl")
    assert run_verb("explain", *text, "--span", "4:14:feature", "--edge", "end", "--against", "O") == 0
    (found,) = json.loads(Path("why.jsonl").read_text("utf-8"))["attributions"]
    assert found["target"] == {"kind": "end", "label": "feature", "start": 4, "end": 14, "against": "O"}
    assert run_verb("explain", *text, "--span", "0:3:feature", "--edge", "start") == 1
    assert "begins where the text does" in capsys.readouterr().err
    assert run_verb("explain", *text, "--over", "sources") == 1
    assert "reads texts alone" in capsys.readouterr().err
    assert run_verb("explain", *text, "--against", "joke") == 1
    assert "that 'feature' could stand against; choose one of: O" in capsys.readouterr().err
