"""Models that stay loaded, for jobs and for small requests alike: loading one takes longer than most answers."""

from __future__ import annotations

import json
import logging
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING

from tokapp import places
from tokapp.documents import Document, Prediction
from tokapp.errors import BadInput, TokappError
from tokapp.inference.answers import Answers
from tokapp.settings import Settings
from tokapp.tasks import Task

if TYPE_CHECKING:
    from tokapp.models import Model

_LOG = logging.getLogger(__name__)
_MODELS = 2
_SHORT = 2_000
"""Characters of a request whose answer is kept for a while."""


@dataclass(frozen=True, slots=True)
class _Kept:
    model: Model
    stamp: tuple[int, ...]


class Resident:
    """The models of a process that were used last, and what they were asked; safe to share between threads.

    A model version that was replaced on disk is loaded again, and so is an ensemble of which a member was.
    """

    def __init__(self, settings: Settings, size: int = _MODELS) -> None:
        self._settings, self._size = settings, size
        self._lock, self._loading = Lock(), Lock()
        self._models: OrderedDict[str, _Kept] = OrderedDict()
        self._answers: Answers[list[Prediction]] = Answers()
        self._soon: set[str] = set()

    def load(self, name: str) -> Model:
        """The model of that name; those who ask while it is loaded wait. Raises ModelUnavailable, ModelCorrupt."""
        model = self.find(name)
        if model is None:
            with self._loading:
                model = self.find(name) or self._load(name)
        return model

    def find(self, name: str) -> Model | None:
        """The model of that name if it is loaded."""
        stamp = _stamp(name, self._settings)
        with self._lock:
            kept = self._models.get(name)
            if kept is None or kept.stamp != stamp:
                return None
            self._models.move_to_end(name)
            return kept.model

    def load_soon(self, name: str) -> None:
        """Load a model without waiting for it; why it cannot be loaded is told to those who ask it something."""
        with self._lock:
            if name in self._soon:
                return
            self._soon.add(name)
        Thread(target=self._load_beside, args=(name,), name="load-model", daemon=True).start()

    def predict(
        self, model: Model, documents: Sequence[Document], *, until: float | None = None
    ) -> list[Prediction]:
        """Predictions in the order of the documents, made once for all who ask the same at the same time.

        The documents of a request are scored by themselves, so that an answer never depends on who else is asking.
        After the moment `until` of `time.monotonic`, JobCancelled is raised before the next batch.
        """
        key = (model.name, model.fingerprint, tuple(document.hash for document in documents))
        short = sum(len(one.text) + sum(map(len, one.contexts)) for one in documents) <= _SHORT
        found = self._answers.find(key, lambda: _score(model, documents, until), keep=short, until=until)
        return [replace(one, document_id=document.id) for document, one in zip(documents, found, strict=True)]

    def _load(self, name: str) -> Model:
        from tokapp.models import load_model

        stamp = _stamp(name, self._settings)
        model = load_model(name, settings=self._settings)
        with self._lock:
            self._models[name] = _Kept(model, stamp)
            self._models.move_to_end(name)
            while len(self._models) > self._size:
                self._models.popitem(last=False)
        return model

    def _load_beside(self, name: str) -> None:
        try:
            self.load(name)
        except (TokappError, OSError) as error:
            _LOG.warning("model not loaded name=%s error=%s", name, error)
        finally:
            with self._lock:
                self._soon.discard(name)


def _score(model: Model, documents: Sequence[Document], until: float | None) -> list[Prediction]:
    from tokapp.inference.portions import Once

    stop = None if until is None else lambda: time.monotonic() > until
    return Once(model).predict(documents, cancelled=stop)


def _stamp(name: str, settings: Settings) -> tuple[int, ...]:
    """What changes when a version or a member of it is replaced on disk; the same for everything that is no version."""
    folder = places.version(name, settings.models)
    if folder is None:
        return ()
    members = (places.version(member, settings.models) for member in _members(folder))
    return tuple(chain.from_iterable(_written(one) for one in (folder, *members) if one is not None))


def _members(folder: Path) -> list[str]:
    """The names in an ensemble's configuration; none for anything else, and for what loading will call damaged."""
    try:
        record = json.loads((folder / "config.json").read_bytes())
        return [str(member["name"]) for member in record.get("members", ())]
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return []


def _written(folder: Path) -> tuple[int, ...]:
    try:
        found = (folder / "checksums.json").stat()
    except OSError:
        return ()
    return (found.st_ino, found.st_size, found.st_mtime_ns)


def check_fits(model: Model, task: Task) -> None:
    """Raise BadInput for a model that knows none of the task's labels."""
    known = {*model.task.span_names, *model.task.document_names}
    if known.isdisjoint({*task.span_names, *task.document_names}):
        raise BadInput(f"the model {model.name} is for the task {model.task.name}, not {task.name}")
