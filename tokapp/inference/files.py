"""Files of any length to a file of predictions, in flat memory, gone on with after a kill where it was safe."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from tokapp.documents import Document, Json
from tokapp.errors import BadInput
from tokapp.formats import Failure, iter_documents
from tokapp.formats.amount import count_documents
from tokapp.formats.predictions import JSONL, PARQUET, prediction_record, write_parquet
from tokapp.formats.reader import told
from tokapp.inference.engine import CHUNK
from tokapp.inference.portions import Item, Note, Portion, Scored, cut
from tokapp.inference.unfinished import Point, Unfinished
from tokapp.tasks import Task, task_to_json

_FORM = 1
"""Counts up when the same inputs and model give other lines."""


@dataclass(frozen=True, slots=True)
class Files:
    """The documents of files, one file after the other, in portions of at most `most`, `after` so many items."""

    files: tuple[Path, ...]
    task: Task
    after: int = 0
    most: int = CHUNK

    def __call__(self) -> Iterator[Portion]:
        """The portions; raises BadInput when a file is not usable, or none of its documents is."""
        yield from cut(self._items(), most=self.most)

    def _items(self) -> Iterator[Item]:
        """What comes after the items that are done; of a file that is done nothing is told again."""
        skipped = 0
        for file in self.files:
            for item in self._of_file(file):
                if skipped < self.after:
                    skipped += not isinstance(item, Note)
                else:
                    yield item

    def _of_file(self, file: Path) -> Iterator[Document | Failure | Note]:
        notes: Counter[str] = Counter()
        documents = failures = 0
        for item in iter_documents(file, self.task, notes=notes):
            documents, failures = documents + isinstance(item, Document), failures + isinstance(item, Failure)
            yield item if isinstance(item, Document) else replace(item, raw="")  # up to a megabyte each
        yield from (Note(file.name, sentence) for sentence in told(notes))
        if not documents:
            reason = f"none of {failures} documents is usable" if failures else "holds no documents"
            raise BadInput(reason, where=str(file))

    def count(self) -> int | None:
        """About how many items they hold; None where only reading all of them would tell. Raises BadInput."""
        counts = [count_documents(file) for file in self.files]
        return None if None in counts else sum(one or 0 for one in counts)


class Listener(Protocol):
    """Who hears how a long prediction goes; all are told from the thread that predicts."""

    def begins(self, point: Point, total: int | None, anew: str) -> None:
        """It starts after `point`; `anew` says why an earlier start was thrown away, "" if it was not."""

    def passed(self, portion: Portion, point: Point) -> None:
        """A portion is safe on disk."""


def predict_files(
    files: Files,
    output: Path,
    model: str,
    score: Callable[[Callable[[], Iterator[Portion]]], Scored],
    listener: Listener,
) -> Point:
    """Write what `score` makes of the files' portions; gives what came of all of them, earlier starts included.

    `model` is what decides the predictions, a model's name and fingerprint: a start with the same inputs, task and
    model that was killed is gone on with. The output appears whole or not at all; the ending of its name chooses JSONL
    or Parquet. Raises BadInput when inputs or output are not usable.
    """
    convert = _converter(output, files.task)
    total = files.count()
    with Unfinished(output, _made_of(files, model)) as unfinished:
        listener.begins(unfinished.point, total, unfinished.anew)
        if not unfinished.is_there:
            rest = replace(files, after=unfinished.point.items)
            for portion, predictions in score(rest):
                pairs = zip(portion.documents, predictions, strict=True)
                lines = [_line(prediction_record(document, one)) for document, one in pairs]
                spans = sum(len(one.spans) for one in predictions)
                unfinished.add(lines, _after(unfinished.point, portion, spans))
                listener.passed(portion, unfinished.point)
        unfinished.finish(convert)
        return unfinished.point


def check_output(output: Path) -> None:
    """Raise BadInput if predictions are not written as files of that name."""
    if not output.name.lower().endswith((*JSONL, *PARQUET)):
        raise BadInput("predictions are written as .jsonl or .parquet: choose such a name", where=str(output))


def _converter(output: Path, task: Task) -> Callable[[Path, Path], None] | None:
    check_output(output)
    return partial(write_parquet, task=task) if output.name.lower().endswith(PARQUET) else None


def _after(point: Point, portion: Portion, spans: int) -> Point:
    return Point(
        point.items + portion.items,
        point.documents + len(portion.documents),
        point.failed + len(portion.failures),
        point.spans + spans,
    )


def _line(record: dict[str, Json]) -> str:
    return json.dumps(record, ensure_ascii=False) + "\n"


def _made_of(files: Files, model: str) -> dict[str, Json]:
    """What an unfinished output was made of, by what a person would call it."""
    inputs: list[Json] = [[file.name, _digest(file)] for file in files.files]
    task = json.dumps(task_to_json(files.task), sort_keys=True)
    return {"input": inputs, "model": model, "task": hashlib.sha256(task.encode()).hexdigest(), "form": _FORM}


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def told_lines(portion: Portion) -> Iterable[str]:
    """What a person should know of a portion, a line each."""
    yield from (f"{failure.where}: {failure.reason}" for failure in portion.failures)
    yield from (f"{note.file}: {note.sentence}" for note in portion.notes)
