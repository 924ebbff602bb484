"""Reading the folder of corpora that the built-in models are trained on: one gzip file of JSON lines per corpus."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tokapp.documents import Document, Json, Span
from tokapp.errors import TrainingError
from tokapp.evaluation.splits import Split, split_of


def read_corpus(data: Path, name: str, *, file: str | None = None) -> list[Document]:
    """Documents of `<data>/<name>/<file or name>.jsonl.gz`; raises TrainingError when the file is not there."""
    path = data / name / f"{file or name}.jsonl.gz"
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            return [_document(json.loads(line)) for line in lines]
    except FileNotFoundError as error:
        raise TrainingError(f"{path} is not there; say where the corpora are with --data") from error


def normalised(text: str) -> str:
    """Lower case with single blanks: texts that are equal in this form are duplicates."""
    return re.sub(r"\s+", " ", text.lower()).strip()


def by_split(documents: Iterable[Document], groups: Iterable[str], *, seed: str) -> dict[Split, list[Document]]:
    """Documents by the side of their group; all three sides are there, in the order of the documents."""
    sides: dict[Split, list[Document]] = {"train": [], "validation": [], "test": []}
    for document, group in zip(documents, groups, strict=True):
        sides[split_of(group, seed=seed)].append(document)
    return sides


def without_copies(train: Sequence[Document], held_out: Iterable[Document]) -> list[Document]:
    """Training documents whose normalised text stands nowhere in `held_out`."""
    taken = {normalised(document.text) for document in held_out}
    return [document for document in train if normalised(document.text) not in taken]


def _document(record: Mapping[str, Json]) -> Document:
    spans, meta, label = record.get("spans") or [], record.get("meta") or {}, record.get("label")
    assert isinstance(spans, list) and isinstance(meta, dict)
    return Document(
        str(record["id"]),
        str(record["text"]),
        spans=tuple(sorted(Span(int(span["start"]), int(span["end"]), str(span["label"])) for span in spans)),
        label=None if label is None else str(label),
        meta=meta,
        is_reviewed=True,
    )
