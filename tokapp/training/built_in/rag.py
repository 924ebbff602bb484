"""The built-in `rag` model: pieces of an answer that its passages do not support."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tokapp.documents import Document, Json, Prediction, Span
from tokapp.errors import TrainingError
from tokapp.evaluation.baselines import flag_everything, flag_unknown_words
from tokapp.evaluation.report import document_figures, span_figures
from tokapp.evaluation.splits import Split
from tokapp.models.config import Shape
from tokapp.models.sentences import split_passages
from tokapp.training.built_in.corpora import by_split
from tokapp.training.built_in.plan import CardText, Plan, Row, Splits
from tokapp.training.corruptions import LABEL, grow
from tokapp.training.recipe import Recipe
from tokapp.training.steps.calibrate import Calibrate
from tokapp.training.steps.evaluate import Evaluate
from tokapp.training.steps.fine_tune import FineTune

COPIES = 2
"""Wrong versions made of every supported answer."""
REPEATS = 3
"""How often a RAGTruth answer with real unsupported spans is seen in one epoch: there are fewer than a hundred."""


def load(data: Path) -> Mapping[Split, Sequence[Document]]:
    """RAGTruth QA by passage; training adds wrong versions of its supported answers."""
    answers = list(_read(data / "ragtruth" / "ragtruth-qa-with-context.jsonl.gz"))
    sides = by_split(answers, (str(answer.meta["group"]) for answer in answers), seed="rag")
    real = sides["train"]
    marked = [replace(one, id=f"{one.id}#{turn}") for one in real if one.spans for turn in range(1, REPEATS)]
    return {**sides, "train": [*real, *marked, *grow(real, copies=COPIES, seed=0)]}


def pairs(data: Path) -> Mapping[str, Sequence[Document]]:
    """HaluEval QA, never trained on: short answers that are right or made up as a whole."""
    return {"halueval": list(_read(data / "halueval" / "halueval-qa-one-turn.jsonl.gz"))}


def _read(path: Path) -> Iterable[Document]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield _document(json.loads(line), path.parent.name)
    except FileNotFoundError as error:
        raise TrainingError(f"{path} is not there; say where the corpora are with --data") from error


def _document(record: Mapping[str, Json], source: str) -> Document:
    text, spans = str(record["text"]), record.get("spans") or []
    meta = record.get("meta") or {}
    assert isinstance(spans, list) and isinstance(meta, dict)
    merged = _merged((int(span["start"]), int(span["end"])) for span in spans)
    group = str(meta.get("source_id") or record["context"])
    return Document(
        str(record["id"]),
        text,
        "rag",
        tuple(Span(start, end, LABEL) for start, end in merged),
        "hallucinated" if spans else "supported",
        str(record["question"]),
        tuple(split_passages((str(record["context"]),))),
        {"source": source, "group": group},
        is_reviewed=True,
    )


def _merged(offsets: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Offsets in order, those that overlap or touch made one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(offsets):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def simple(splits: Splits) -> Sequence[Row]:
    """Flagging everything, and flagging the words that the passages do not have."""
    test = splits["test"]
    named = {"flag everything": flag_everything, "words absent from the passages": flag_unknown_words}
    return [Row(name, _figures([rule(one, LABEL) for one in test], test)) for name, rule in named.items()]


def _figures(predictions: Sequence[Prediction], documents: Sequence[Document]) -> Mapping[str, float]:
    pairs = list(zip(predictions, documents, strict=True))
    spans = span_figures([(document.spans, prediction.spans) for prediction, document in pairs])
    return {**spans, **document_figures(pairs)}


PLAN = Plan(
    task="rag",
    load=load,
    recipe=Recipe(
        shape=Shape(scheme="io", document="spans", features="rag", hidden=64, layers=4, smoothing=0.5, max_length=384),
        steps=(
            FineTune(mode="head", epochs=3, learning_rate=2e-3, batch_size=16, keep_best=False),
            Calibrate(goal="characters"),
            Evaluate(),
        ),
    ),
    card=CardText(
        summary="Marks the pieces of an answer that the passages it was given do not support. Beside the text it sees, "
        "for each word, what is missing from the passages: the word itself, numbers, names, the words around it.",
        data="RAGTruth QA (answers of six language models with human spans, split by passage); wrong versions of its "
        "supported training answers with numbers, names, words, negations or sentences swapped at known offsets. "
        "HaluEval QA pairs, where a whole answer is right or made up, are judged and not trained on.",
        licence="RAGTruth: MIT (its passages come from MS MARCO; they are not part of tokapp beyond a few quoted "
        "samples). HaluEval: MIT. Backbone all-MiniLM-L6-v2: Apache-2.0. This head: the licence of tokapp.",
        limits="English only. Real unsupported spans are rare in the data (fewer than a hundred in training), so the "
        "figures have wide intervals: over the 22 test passages (123 answers, 14 with spans) the 95 % bootstrap "
        "interval is 0.04 to 0.47 for character F1 and 0.11 to 0.63 for example F1. Two in three answers come with "
        "more passages than one row holds. Training sees what fits into one row; in prediction, and so in calibration, "
        "a word is judged by the row that backs it least (chosen on validation for weights of the same recipe: "
        "character / example F1 0.438 / 0.556; by the row that backs it best 0.443 / 0.516). Steadier figures are of "
        "heads that read one row only: they reach, in 5-fold cross-validation by passage over all 581 answers (107 "
        "with spans; three ways to cut folds), among them the passages that the recipe was chosen on, character F1 "
        "0.42, example F1 0.49; words absent from the passages: 0.18 and 0.31; flagging everything: 0.11 and 0.31. "
        "Spans are found roughly, never exactly. "
        "Short answers that are made up as a whole are mostly missed (HaluEval: one in five is found), as training has "
        "long ones only. What is true but stands in no passage is unsupported by definition. A small encoder checks "
        "words and numbers; it does not reason.",
    ),
    check={"character_f1": 0.30, "example_f1": 0.50},
    extra=pairs,
    baselines=simple,
)
