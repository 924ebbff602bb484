"""Who marks the spans: a worker that has the model loaded, for a text or a few documents; else this process."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tokapp import places
from tokapp.cli.options import chosen_model, load_chosen, settings
from tokapp.documents import Document
from tokapp.door import BYTES, Warm, find_warm
from tokapp.errors import BadInput
from tokapp.tasks import Task

if TYPE_CHECKING:
    from tokapp.cli.progress import Progress
    from tokapp.inference.portions import Portion, Scored, Source


@dataclass(frozen=True, slots=True)
class Way:
    """How a person wants files to be scored: most rows of a batch, and who does it."""

    batch_size: int | None = None
    engine: str | None = None

    @property
    def is_cluster(self) -> bool:
        """Whether a cluster scores."""
        return self.engine == "ray" or (self.engine is None and bool(settings().ray_address))


def predict_text(text: str, task: Task, model_name: str | None, output: Path | None) -> None:
    """Mark one text and print its record, or write it to `output`; raises BadInput for no text."""
    from tokapp.cli.predictions import write_lines
    from tokapp.formats.predictions import JSONL, prediction_record

    document = Document("text-1", _checked(text), task.name)
    if output is not None and not output.name.lower().endswith(JSONL):
        raise BadInput("with --text the prediction is written as .jsonl: choose such a name", where=str(output))
    warm = _warm(task, model_name)
    found = None if warm is None else warm.predict([document])
    prediction = (found or load_chosen(task, model_name).predict([document]))[0]
    record = prediction_record(document, prediction)
    if output is None:
        click.echo(json.dumps(record, ensure_ascii=False))
    else:
        write_lines(output, [record])
        click.echo(f"1 document, {len(prediction.spans)} spans, written to {output}")


def predict_inputs(files: tuple[Path, ...], task: Task, model_name: str | None, output: Path, way: Way) -> None:
    """Mark the documents of files; raises BadInput when inputs or output are not usable."""
    from tokapp.cli.progress import Progress
    from tokapp.inference.files import Files, check_output, predict_files

    check_output(output)
    progress = Progress()
    scorer = _scorer(files, task, model_name, way, progress)
    done = predict_files(Files(files, task), output, scorer.made_by, scorer.score, progress)
    progress.ends(done)
    click.echo(f"{done.documents} documents, {done.spans} spans, written to {output}")


class _Cold:
    """This process, or the cluster that it hands the documents to; `made_by` is what decides the predictions."""

    def __init__(self, task: Task, name: str, way: Way, progress: Progress) -> None:
        self._name, self._way, self._progress = name, way, progress
        self._model = load_chosen(task, name)
        self.made_by = f"{self._model.name} {self._model.fingerprint} {self._model.precision}"

    def score(self, source: Source) -> Scored:
        """Each portion with its predictions."""
        from tokapp.inference import cluster, portions

        size = self._way.batch_size
        if self._way.is_cluster:
            return cluster.score(source, cluster.Wanted(self._name, self._model.fingerprint, settings(), size))
        return portions.score(self._model, source(), batch_size=size, progress=self._progress.within)


class _Behind:
    """A worker behind the local door, and this process for what gets no answer there."""

    def __init__(self, warm: Warm, task: Task, progress: Progress) -> None:
        self._warm, self._task, self._progress = warm, task, progress
        self.made_by = f"{warm.name} {warm.fingerprint} {warm.precision}"

    def score(self, source: Source) -> Scored:
        """Each portion with its predictions."""
        portions = source()
        for portion in portions:
            found = self._warm.predict(portion.documents)
            if found is None:
                yield from self._cold([portion], portions)
                return
            yield portion, found

    def _cold(self, unanswered: Sequence[Portion], rest: Iterator[Portion]) -> Scored:
        cold = _Cold(self._task, self._warm.name, Way(engine="local"), self._progress)
        return cold.score(lambda: chain(unanswered, rest))


def _scorer(
    files: Sequence[Path], task: Task, model_name: str | None, way: Way, progress: Progress
) -> _Cold | _Behind:
    is_small = sum(file.stat().st_size for file in files) <= BYTES
    warm = _warm(task, model_name) if is_small and way == Way() and not way.is_cluster else None
    if warm is not None:
        return _Behind(warm, task, progress)
    return _Cold(task, chosen_model(task, model_name), way, progress)


def _warm(task: Task, model_name: str | None) -> Warm | None:
    """The model as a worker has it loaded.

    A folder, a hub name or a task of one's own file is this process's matter: the worker may read something else there.
    """
    chosen = settings()
    if model_name is not None and places.version(model_name, chosen.models) is None:
        return None
    return find_warm(chosen, task.name, model_name) if _is_built_in(task) else None


def _is_built_in(task: Task) -> bool:
    from tokapp.tasks import built_in_tasks

    return task in built_in_tasks()


def _checked(text: str) -> str:
    if not text.strip():
        raise BadInput("--text is empty: there is nothing to mark")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        place = f"character {error.start + 1} of --text"
        raise BadInput(f"{place} is a byte that does not fit the terminal's encoding: write it as UTF-8") from None
    return text
