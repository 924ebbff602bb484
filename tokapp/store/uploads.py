"""Files that come from outside: small ones go in at once, larger ones are kept for the worker's import."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from tokapp.errors import BadInput, NotFound
from tokapp.store.importing import Choice

if TYPE_CHECKING:
    from tokapp.documents import Json
    from tokapp.store.store import Store
    from tokapp.store.values import JobRow, Project
    from tokapp.tasks import Task

AT_ONCE = 2**20
"""Bytes that are imported while the person waits: less than a second. More is the worker's."""


_AS_GUESSED = Choice()


@dataclass(frozen=True, slots=True)
class Upload:
    """An open file from outside, under the name it had there."""

    name: str
    stream: BinaryIO
    choice: Choice = _AS_GUESSED


def find_or_make_project(store: Store, name: str, task: Task | None) -> Project:
    """The project to import into; a `task` makes one that does not exist. Raises BadInput."""
    try:
        project = store.project(name)
    except NotFound:
        if task is None:
            raise BadInput(f"project {name!r} does not exist; name a task (--task) to make it") from None
        return store.create_project(name, task)
    if task is not None and task.name != project.task.name:
        raise BadInput(f"project {name!r} has the task {project.task.name}, not {task.name}")
    return project


def queue_import(store: Store, folder: Path, project_id: int, uploads: Sequence[Upload]) -> JobRow:
    """Keep the files in a `folder` of uploads under a name of their content and choices, and queue their import."""
    files: list[Json] = [
        {
            "name": upload.name,
            "mapping": None if upload.choice.mapping is None else dict(upload.choice.mapping),
            "encoding": upload.choice.encoding,
            "delimiter": upload.choice.delimiter,
        }
        for upload in uploads
    ]
    digest = hashlib.sha256(json.dumps([project_id, files]).encode())
    for upload in uploads:
        digest.update(_digest(upload.stream))
    kept = folder / digest.hexdigest()
    kept.mkdir(parents=True, exist_ok=True)
    for place, upload in enumerate(uploads):
        _keep(upload.stream, kept / str(place))
    return store.enqueue("import", project_id=project_id, payload={"folder": kept.name, "files": files})


def _digest(stream: BinaryIO) -> bytes:
    stream.seek(0)
    digest = hashlib.sha256()
    while piece := stream.read(2**20):
        digest.update(piece)
    return digest.digest()


def _keep(stream: BinaryIO, target: Path) -> None:
    part = target.with_name(f"{target.name}.part")
    stream.seek(0)
    with part.open("wb") as written:
        shutil.copyfileobj(stream, written, 2**20)
    part.replace(target)
