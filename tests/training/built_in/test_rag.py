"""RAG answers for training: passages stay on one side, wrong versions only in training, rules to beat."""

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tokapp.errors import TrainingError
from tokapp.training.built_in import rag

ANSWER = "The capital of France is Paris. About 68 million people live in the country today."
PASSAGE = "passage 1:The capital of France is Paris.\n\npassage 2:About 68 million people live in France today."


def _write(path: Path, records: Sequence[Mapping[str, object]]) -> None:
    path.parent.mkdir(parents=True)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(record) + "\n" for record in records)


def _fill(data: Path) -> None:
    spans = [
        {"start": 32, "end": 41, "label": "Evident Conflict"},
        {"start": 38, "end": 49, "label": "Subtle Conflict"},
    ]
    answers = [
        {"id": f"r{n}", "text": ANSWER, "spans": spans if n % 5 == 0 else [], "question": "Where is Paris?"}
        | {"context": PASSAGE, "meta": {"source_id": f"s{n // 3}"}}
        for n in range(120)
    ]
    _write(data / "ragtruth" / "ragtruth-qa-with-context.jsonl.gz", answers)
    pair = {"id": "h", "text": "Delhi", "spans": [], "question": "Which city?", "context": "It is Delhi.", "meta": {}}
    _write(data / "halueval" / "halueval-qa-one-turn.jsonl.gz", [pair])


def test_answers_over_one_passage_stay_on_one_side(tmp_path: Path) -> None:
    _fill(tmp_path)
    sides = rag.load(tmp_path)
    seen = [{one.meta["group"] for one in side if one.meta["source"] == "ragtruth"} for side in sides.values()]
    assert sum(map(len, seen)) == len(set().union(*seen)) == 40 and all(seen)


def test_only_training_has_wrong_versions(tmp_path: Path) -> None:
    _fill(tmp_path)
    sides = rag.load(tmp_path)
    assert any("corruption" in one.meta for one in sides["train"])
    for side in ("validation", "test"):
        assert all("corruption" not in one.meta for one in sides[side])


def test_the_other_corpus_is_judged_and_never_trained_on(tmp_path: Path) -> None:
    _fill(tmp_path)
    sides = rag.load(tmp_path)
    assert all(one.meta["source"] == "ragtruth" for side in sides.values() for one in side)
    (pair,) = rag.pairs(tmp_path)["halueval"]
    assert (pair.text, pair.label, pair.contexts) == ("Delhi", "supported", ("It is Delhi.",))


def test_spans_that_overlap_become_one_and_passages_are_taken_apart(tmp_path: Path) -> None:
    _fill(tmp_path)
    marked = next(
        one
        for one in rag.load(tmp_path)["train"]
        if one.spans and one.meta["source"] == "ragtruth" and "corruption" not in one.meta
    )
    assert [(span.start, span.end, span.label) for span in marked.spans] == [(32, 49, "unsupported")]
    assert marked.label == "hallucinated" and len(marked.contexts) == 2


def test_the_rules_to_beat_are_judged_on_the_test_side(tmp_path: Path) -> None:
    _fill(tmp_path)
    sides = rag.load(tmp_path)
    rows = {row.name: row.measures for row in rag.simple(sides)}
    share = sum(bool(one.spans) for one in sides["test"]) / len(sides["test"])
    assert rows["flag everything"]["example_f1"] == pytest.approx(2 * share / (1 + share))
    assert rows["flag everything"]["character_recall"] == 1.0


def test_missing_data_says_which_file(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="ragtruth-qa-with-context"):
        rag.load(tmp_path)
