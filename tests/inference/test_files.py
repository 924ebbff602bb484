"""Files to a file of predictions: what was safe is never scored again, and nothing half is ever seen."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tokapp.documents import Document, Prediction, Span
from tokapp.errors import BadInput
from tokapp.formats import iter_documents
from tokapp.inference.files import Files, predict_files
from tokapp.inference.portions import Portion, Scored
from tokapp.inference.unfinished import Point, Unfinished, part_of
from tokapp.tasks import load_task

REVIEWS = load_task("reviews")
EMAILS = load_task("emails")


class Heard:
    """What a listener was told."""

    def __init__(self) -> None:
        self.begun: list[tuple[Point, int | None, str]] = []
        self.failures: list[str] = []

    def begins(self, point: Point, total: int | None, anew: str) -> None:
        self.begun.append((point, total, anew))

    def passed(self, portion: Portion, point: Point) -> None:
        self.failures += [failure.where for failure in portion.failures]


class Killed(Exception):
    pass


class Scorer:
    """Marks the first two characters of every text, and remembers what it was asked; may stop dead."""

    def __init__(self, *, portions: int | None = None, label: str = "feature") -> None:
        self.portions, self.label = portions, label
        self.scored: list[str] = []

    def __call__(self, source: Callable[[], Iterator[Portion]]) -> Scored:
        for number, portion in enumerate(source()):
            if number == self.portions:
                raise Killed
            self.scored += [document.id for document in portion.documents]
            yield portion, [self._mark(document) for document in portion.documents]

    def _mark(self, document: Document) -> Prediction:
        scores = {"ham": 0.25, "spam": 0.5, "phishing": 0.25} if self.label != "feature" else {}
        return Prediction(document.id, "m", (Span(0, 2, self.label, 0.5),), None, scores)


def write(file: Path, texts: list[str]) -> Path:
    file.write_text(
        "".join(json.dumps({"id": f"d{at}", "text": text}) + "\n" for at, text in enumerate(texts)), "utf-8"
    )
    return file


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


@pytest.fixture
def source(tmp_path: Path) -> Files:
    write(tmp_path / "a.jsonl", ["one", "two 🎉", "", "three", "four"])
    write(tmp_path / "b.jsonl", ["five", "six", "seven"])
    return Files((tmp_path / "a.jsonl", tmp_path / "b.jsonl"), REVIEWS, most=2)


def test_every_document_of_every_file_gets_a_line_and_failures_are_told(source: Files, tmp_path: Path) -> None:
    heard = Heard()
    done = predict_files(source, tmp_path / "out.jsonl", "m 1", Scorer(), heard)
    assert (done.items, done.documents, done.failed, done.spans) == (8, 7, 1, 7)
    assert [line["text"] for line in lines(tmp_path / "out.jsonl")] == [
        "one",
        "two 🎉",
        "three",
        "four",
        "five",
        "six",
        "seven",
    ]
    assert heard.begun == [(Point(), 8, "")] and heard.failures == ["a.jsonl, line 3"]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.jsonl", "b.jsonl", "out.jsonl"]


@pytest.mark.parametrize("killed_after", [1, 2, 3])
@pytest.mark.parametrize("name", ["out.jsonl", "out.parquet"])
def test_what_was_safe_is_not_scored_again(source: Files, tmp_path: Path, name: str, killed_after: int) -> None:
    output, first, second, heard = tmp_path / name, Scorer(portions=killed_after), Scorer(), Heard()
    with pytest.raises(Killed):
        predict_files(source, output, "m 1", first, heard)
    assert not output.exists()
    with part_of(output).open("ab") as stream:
        stream.write(b'{"half a li')  # as a process that is killed leaves it
    done = predict_files(source, output, "m 1", second, heard)
    whole = Scorer()
    assert done == replace(predict_files(source, tmp_path / f"whole-{name}", "m 1", whole, Heard()), bytes=done.bytes)
    assert first.scored + second.scored == whole.scored and len(first.scored) >= 1
    assert output.read_bytes() == (tmp_path / f"whole-{name}").read_bytes()
    assert heard.begun[1][0].documents == len(first.scored) and heard.begun[1][2] == ""
    assert not part_of(output).exists()


@pytest.mark.parametrize(
    ("change", "words"), [("input", "another input"), ("model", "another model"), ("task", "another task")]
)
def test_another_input_model_or_task_begins_anew_and_says_so(
    source: Files, tmp_path: Path, change: str, words: str
) -> None:
    output, heard, model = tmp_path / "out.jsonl", Heard(), "m 1"
    with pytest.raises(Killed):
        predict_files(source, output, model, Scorer(portions=2), heard)
    if change == "input":
        write(tmp_path / "b.jsonl", ["five", "six", "SEVEN"])
    source = replace(source, task=replace(REVIEWS, title="Other")) if change == "task" else source
    second = Scorer()
    predict_files(source, output, "m 2" if change == "model" else model, second, heard)
    assert len(second.scored) == len(lines(output)) == 7
    assert heard.begun[1] == (Point(), 8, f"an earlier start had {words}")


def test_a_record_that_cannot_be_read_or_lines_that_are_gone_begin_anew(source: Files, tmp_path: Path) -> None:
    output, heard = tmp_path / "out.jsonl", Heard()
    record = part_of(output).with_suffix(".part.json")
    for spoil in (lambda: record.write_text("{", "utf-8"), lambda: part_of(output).unlink()):
        with pytest.raises(Killed):
            predict_files(source, output, "m 1", Scorer(portions=2), heard)
        spoil()
        predict_files(source, output, "m 1", Scorer(), heard)
        assert len(lines(output)) == 7
    assert [anew != "" for _, _, anew in heard.begun] == [False, True, False, True]


def test_an_output_that_took_its_place_right_before_the_kill_is_left_alone(source: Files, tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    predict_files(source, output, "m 1", Scorer(), Heard())
    before = output.read_bytes()
    part_of(output).with_suffix(".part.json").write_text("", "utf-8")
    with pytest.raises(Killed):
        predict_files(source, tmp_path / "twin.jsonl", "m 1", Scorer(portions=3), Heard())
    record = json.loads(part_of(tmp_path / "twin.jsonl").with_suffix(".part.json").read_text("utf-8"))
    part_of(output).with_suffix(".part.json").write_text(json.dumps({**record, "is_whole": True}), "utf-8")
    again = Scorer()
    predict_files(source, output, "m 1", again, Heard())
    assert again.scored == [] and output.read_bytes() == before
    assert not part_of(output).exists() and not part_of(output).with_suffix(".part.json").exists()


def test_only_one_process_writes_an_output(source: Files, tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    with Unfinished(output, {}) as first:
        first.add(["a\n"], Point(1, 1))
        with pytest.raises(BadInput, match="another process is writing it"):
            predict_files(source, output, "m 1", Scorer(), Heard())
        first.finish()
    assert output.read_text("utf-8") == "a\n"


@pytest.mark.parametrize("task", [REVIEWS, EMAILS], ids=lambda task: task.name)
def test_parquet_reads_back_as_the_jsonl_does(tmp_path: Path, task: Any) -> None:
    records = [
        {"id": "a", "text": "two 🎉 words", "context": "one", "question": "why?", "meta": {"stars": 5, "x": [1]}},
        {"id": "b", "text": "plain", "context": ["one", "two"]},
    ]
    (tmp_path / "in.jsonl").write_text("\n".join(map(json.dumps, records)), "utf-8")
    found = []
    for name in ("out.jsonl", "out.parquet"):
        scorer = Scorer(label=task.span_names[-1])
        predict_files(Files((tmp_path / "in.jsonl",), task), tmp_path / name, "m 1", scorer, Heard())
        found.append(list(iter_documents(tmp_path / name, task)))
    assert found[0] == found[1]
    assert [document.spans for document in found[1] if isinstance(document, Document)] == [
        (Span(0, 2, task.span_names[-1]),)
    ] * 2


@pytest.mark.parametrize(("name", "words"), [("out.csv", "choose such a name"), ("out", "choose such a name")])
def test_an_output_of_another_kind_is_refused(source: Files, tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        predict_files(source, tmp_path / name, "m 1", Scorer(), Heard())


def test_a_file_of_which_nothing_is_usable_leaves_nothing_behind(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", ["", ""])
    with pytest.raises(BadInput, match="none of 2 documents is usable"):
        predict_files(Files((tmp_path / "a.jsonl",), REVIEWS), tmp_path / "out.jsonl", "m 1", Scorer(), Heard())
    assert [file.name for file in tmp_path.iterdir()] == ["a.jsonl"]
