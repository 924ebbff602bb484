"""The loop in a terminal, with the shipped model and a quickly trained one: every verb, and the files they write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tokapp import places
from tokapp.cli import main

RECIPE = """
backbone: built-in
shape: {max_length: 96}
steps:
  - {step: fine_tune, mode: lora, epochs: 1, learning_rate: 1.0e-3}
  - {step: calibrate}
  - {step: evaluate}
"""


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with labelled reviews cut in two, and a recipe."""
    folder = tmp_path_factory.mktemp("terminal")
    lines = (places.data() / "samples" / "reviews.jsonl").read_text("utf-8").splitlines()
    labelled = [line for line in lines if json.loads(line)["spans"]]
    (folder / "train.jsonl").write_text("\n".join(labelled[:40]) + "\n", "utf-8")
    (folder / "validation.jsonl").write_text("\n".join(labelled[40:60]) + "\n", "utf-8")
    (folder / "recipe.yaml").write_text(RECIPE, "utf-8")
    return folder


@pytest.fixture(autouse=True)
def inside(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKAPP_HOME", str(workplace / "home"))
    monkeypatch.setenv("TOKAPP_DEVICE", "cpu")
    monkeypatch.delenv("TOKAPP_DATABASE_URL", raising=False)
    monkeypatch.chdir(workplace)


def tokapp(*arguments: str) -> None:
    """Run one verb; anything but a clean end fails."""
    try:
        main(arguments)
    except SystemExit as stop:
        assert not stop.code, arguments


def read(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(name).read_text("utf-8").splitlines()]


def check_spans(record: dict[str, Any], labels: set[str]) -> None:
    for span in record["spans"]:
        assert 0 <= span["start"] < span["end"] <= len(record["text"])
        assert span["label"] in labels
        assert 0 <= span["score"] <= 1


def test_import_makes_the_project_and_counts_duplicates(capsys: pytest.CaptureFixture[str]) -> None:
    tokapp("import", "train.jsonl", "validation.jsonl", "--project", "P", "--task", "reviews")
    assert "60 added, 0 duplicates, 0 failed" in capsys.readouterr().out
    tokapp("import", "train.jsonl", "--project", "P")
    assert "0 added, 40 duplicates, 0 failed" in capsys.readouterr().out


def test_import_lists_the_rows_that_fail_and_takes_the_rest(
    capsys: pytest.CaptureFixture[str], workplace: Path
) -> None:
    (workplace / "mixed.csv").write_text("id,text\n1,Good camera\n2,\n3,Bad camera\n", "utf-8")
    tokapp("import", "mixed.csv", "--project", "Mixed", "--task", "reviews")
    captured = capsys.readouterr()
    assert "2 added, 0 duplicates, 1 failed" in captured.out
    assert "mixed.csv" in captured.err and "3" in captured.err


def test_predict_writes_a_record_for_each_document(workplace: Path) -> None:
    (workplace / "plain.csv").write_text("id,text\na,The dark mode is lovely 👍🏽 but sync fails\nb,ok\n", "utf-8")
    tokapp("predict", "plain.csv", "--task", "reviews", "-o", "out.jsonl", "--batch-size", "2")
    records = read("out.jsonl")
    assert [record["id"] for record in records] == ["a", "b"]
    assert all(record["model"] == "reviews" for record in records)
    for record in records:
        check_spans(record, {"feature"})
    tokapp("predict", "plain.csv", "--task", "reviews", "-o", "out.parquet")
    tokapp("predict", "out.parquet", "--task", "reviews", "-o", "again.jsonl")
    spans = [record["spans"] for record in read("again.jsonl")]
    assert spans == [record["spans"] for record in records] == pq.read_table("out.parquet").column("spans").to_pylist()


def test_explain_gives_values_that_add_up() -> None:
    text = "The search bar crashes"
    tokapp("explain", "--task", "reviews", "--text", text, "--span", "4:14:feature", "--error", "1", "-o", "why.jsonl")
    (record,) = read("why.jsonl")
    (attribution,) = record["attributions"]
    assert attribution["target"]["start"] == 4 and attribution["target"]["label"] == "feature"
    assert [word["text"] for word in attribution["words"]] == text.split()
    assert all(text[word["start"] : word["end"]] == word["text"] for word in attribution["words"])
    total = attribution["base_value"] + sum(word["value"] for word in attribution["words"])
    assert total == pytest.approx(attribution["output_value"], abs=1e-4)
    assert attribution["evaluations"] == 10, "four words are enumerated by 16, unless less is sure enough"


def test_emails_get_a_label_and_answers_get_spans(workplace: Path) -> None:
    samples = places.data() / "samples"
    for name, labels in (("emails", {"spam", "phishing"}), ("rag", {"unsupported"})):
        lines = (samples / f"{name}.jsonl").read_text("utf-8").splitlines()[:4]
        (workplace / f"{name}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
        tokapp("predict", f"{name}.jsonl", "--task", name, "-o", f"{name}.out.jsonl")
        records = read(f"{name}.out.jsonl")
        assert len(records) == 4
        for record in records:
            check_spans(record, labels)
            assert sum(record["label_scores"].values()) == pytest.approx(1, abs=1e-3)


def test_train_evaluate_compare_promote_and_roll_back(capsys: pytest.CaptureFixture[str]) -> None:
    files = ["--train", "train.jsonl", "--validation", "validation.jsonl", "--recipe", "recipe.yaml"]
    tokapp("train", "--task", "reviews", *files, "--name", "mine")
    judge = ["evaluate", "--task", "reviews", "--model", "mine", "--data", "validation.jsonl", "--train", "train.jsonl"]
    tokapp(*judge, "--against", "reviews", "--json")
    scores = json.loads(capsys.readouterr().out.split("promote mine\n")[-1])
    assert scores["model"] == "mine" and 0 <= scores["span_exact_f1"] <= 1
    exact = next(one for one in scores["figures"] if one["match"] == "exact")
    assert exact["f1"] == pytest.approx(scores["span_exact_f1"]) and exact["baseline_f1"] > 0
    assert exact["interval"][0] <= exact["f1"] <= exact["interval"][1]
    assert scores["against"][0]["model"] == "reviews" and 0 < scores["against"][0]["p"] <= 1
    tokapp(*judge, "--against", "mine")
    assert "No difference: mine and mine find the same" in capsys.readouterr().out
    tokapp("models", "compare", "reviews", "mine", "--data", "validation.jsonl", "--json", "-o", "changes.jsonl")
    compared = json.loads(capsys.readouterr().out)
    assert compared["gained"] == sum(len(record["gained"]) for record in read("changes.jsonl"))
    assert len(read("changes.jsonl")) == 20
    tokapp("models", "promote", "mine")
    tokapp("predict", "plain.csv", "--task", "reviews", "-o", "out.jsonl")
    assert read("out.jsonl")[0]["model"] == "mine"
    tokapp("models", "rollback", "--task", "reviews")
    capsys.readouterr()
    tokapp("models", "list", "--json")
    states = {row["name"]: row["state"] for row in json.loads(capsys.readouterr().out)}
    assert states["reviews"] == "promoted" and states["mine"] != "promoted"


def test_cross_validation_writes_every_fold_and_goes_on_where_it_was(
    capsys: pytest.CaptureFixture[str], workplace: Path
) -> None:
    command = ["cross-validate", "train.jsonl", "--task", "reviews", "--recipe", "recipe.yaml", "-o", "folds.json"]
    tokapp(*command, "--folds", "2")
    record = json.loads((workplace / "folds.json").read_text("utf-8"))
    assert [one["fold"] for one in record["scores"]] == ["1 of 2", "2 of 2"]
    assert sum(one["documents"]["test"] for one in record["scores"]) == 40
    summary = record["summary"]["span_exact_f1"]
    assert summary["mean"] == pytest.approx(sum(one["figures"]["span_exact_f1"] for one in record["scores"]) / 2)
    assert summary["low"] <= summary["mean"] <= summary["high"]
    capsys.readouterr()
    tokapp(*command, "--folds", "2")
    assert "step" not in capsys.readouterr().err, "nothing is trained again"
    assert json.loads((workplace / "folds.json").read_text("utf-8")) == record
    with pytest.raises(SystemExit):
        main([*command, "--folds", "3"])
    assert "something else than folds of this run" in capsys.readouterr().err


def test_models_vote_and_are_used_like_any_other(capsys: pytest.CaptureFixture[str]) -> None:
    tokapp("models", "ensemble", "both", "reviews", "mine", "--weights", "3,1")
    assert "0.750  reviews" in capsys.readouterr().out
    fit = ["--fit", "validation.jsonl", "--mean", "geometric", "--json"]
    tokapp("models", "ensemble", "fitted", "reviews", "mine", *fit)
    row = json.loads(capsys.readouterr().out)
    assert row["recipe"]["ensemble"]["mean"] == "geometric" and row["metrics"]["fit"]["documents"] == 20
    tokapp("models", "show", "both")
    assert "ensemble.members.mine.weight 0.250" in capsys.readouterr().out
    tokapp("models", "list")
    assert {" ".join(line.split()[-3:]) for line in capsys.readouterr().out.splitlines()} & {
        "reviews + mine",
        "mine + reviews",
    }
    tokapp("models", "compare", "mine", "both", "--data", "validation.jsonl", "--json")
    assert json.loads(capsys.readouterr().out)["documents"] == 20
    tokapp("models", "promote", "both")
    tokapp("predict", "validation.jsonl", "--task", "reviews", "-o", "voted.jsonl")
    records = read("voted.jsonl")
    assert {record["model"] for record in records} == {"both"}
    shares = [span["agreement"] for record in records for span in record["spans"]]
    assert shares and all(0 <= share <= 1 for share in shares)
    tokapp("predict", "voted.jsonl", "--task", "reviews", "-o", "voted.parquet")
    assert [span["agreement"] for row in pq.read_table("voted.parquet")["spans"].to_pylist() for span in row] == shares
    tokapp("evaluate", "--task", "reviews", "--data", "validation.jsonl", "--json")
    assert json.loads(capsys.readouterr().out.split("voted.parquet\n")[-1])["model"] == "both"
    tokapp("explain", "--task", "reviews", "--text", "The search bar fails", "--span", "4:14:feature", "-o", "w.jsonl")
    (attribution,) = read("w.jsonl")[0]["attributions"]
    total = attribution["base_value"] + sum(word["value"] for word in attribution["words"])
    assert total == pytest.approx(attribution["output_value"], abs=1e-4)
    tokapp("models", "rollback", "--task", "reviews")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("reviews",), "an ensemble takes two models or more"),
        (("reviews", "rag"), "reviews reads the text and rag the answer"),
        (("reviews", "mine", "--weights", "1,x"), "--weights '1,x' is not a list of numbers"),
        (("reviews", "mine", "--weights", "1"), "there are 1 weights for 2 members"),
    ],
)
def test_models_that_cannot_vote_are_refused_in_a_line(
    arguments: tuple[str, ...], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(("models", "ensemble", "refused", *arguments))
    captured = capsys.readouterr()
    assert stop.value.code == 1 and reason in captured.err and "Traceback" not in captured.err


def test_export_reads_back_as_it_was_imported() -> None:
    tokapp("export", "--project", "P", "--format", "jsonl", "-o", "export.jsonl")
    before = {record["id"]: record for name in ("train.jsonl", "validation.jsonl") for record in read(name)}
    after = {record["id"]: record for record in read("export.jsonl")}
    assert before.keys() == after.keys()
    for key, record in after.items():
        assert record["text"] == before[key]["text"]
        found = [(span["start"], span["end"], span["label"]) for span in record["spans"]]
        assert found == [(span["start"], span["end"], span["label"]) for span in before[key]["spans"]]


def test_doctor_prints_every_check_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    tokapp("doctor", "--json")
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)}
    assert {"device", "database", "backbone", "worker", "torch", "model reviews"} <= checks.keys()
    assert not checks["worker"]["ok"] and "tokapp worker" in checks["worker"]["advice"]
    assert all(check["ok"] for name, check in checks.items() if name not in ("worker", "local door"))
