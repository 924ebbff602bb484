"""The import job: uploaded files into a project, batch by batch; a second attempt goes on where the first stopped."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TextIO

from tokapp.documents import Json
from tokapp.errors import BadInput
from tokapp.formats import Failure
from tokapp.formats.failures import keep_failures, write_failure
from tokapp.jobs.context import Context
from tokapp.jobs.payload import ImportForm, UploadForm, read
from tokapp.jobs.predict import project_of
from tokapp.settings import FAILURES, Settings
from tokapp.store import JobRow, Store
from tokapp.store.importing import Choice, Point, import_file

_UNCLAIMED_SECONDS = 3600.0
"""So long an upload is kept that no job asks for: a page writes the files down before it queues their import."""


def remove_leftovers(store: Store, settings: Settings, *, older_than: float = _UNCLAIMED_SECONDS) -> None:
    """Remove the uploads of imports that were cancelled or failed: those that no open job asks for."""
    if not settings.uploads.is_dir():
        return
    before = time.time() - older_than
    folders = [one for one in settings.uploads.iterdir() if one.is_dir() and one.stat().st_mtime < before]
    wanted = {job.payload.get("folder") for job in store.open_jobs("import")} if folders else set()
    for folder in folders:
        if folder.name not in wanted:
            shutil.rmtree(folder, ignore_errors=True)


def run(context: Context, job: JobRow) -> Mapping[str, Json]:
    """Import the files and remove the uploads; rows that fail stand in a list in the job's folder.

    The result holds `files`: for each its `name` and how many documents were `added`, `duplicates` or `failed`.
    """
    form = read(ImportForm, job.payload)
    folder = context.settings.uploads / form.folder
    work = _Work(context, project_of(job), folder)
    work.begin()
    with (context.folder / FAILURES).open("a", encoding="utf-8") as work.failures:
        for place, upload in enumerate(form.files):
            work.bring_in(place, upload)
    shutil.rmtree(folder, ignore_errors=True)
    return {"files": [_told(upload.name, work.points[place]) for place, upload in enumerate(form.files)]}


def _told(name: str, point: Point) -> dict[str, Json]:
    return {"name": name, "added": point.added, "duplicates": point.duplicates, "failed": point.failed}


@dataclass(slots=True)
class _Work:
    """How far each file has come; written down after every batch, before the next one begins."""

    context: Context
    project_id: int
    folder: Path
    points: dict[int, Point] = field(default_factory=dict)
    total: int = 1
    failures: TextIO = field(init=False, repr=False)

    @property
    def _file(self) -> Path:
        return self.context.folder / "points.json"

    def begin(self) -> None:
        """Take up what an earlier attempt has done; raises BadInput if the uploads are gone."""
        if not self.folder.is_dir():
            raise BadInput("the uploaded files are not there any more: upload them again")
        self.total = max(sum(file.stat().st_size for file in self.folder.iterdir()), 1)
        if self._file.exists():
            known = json.loads(self._file.read_text("utf-8"))
            self.points = {int(place): Point(**point) for place, point in known.items()}
        keep_failures(self.context.folder / FAILURES, sum(point.failed for point in self.points.values()))

    def bring_in(self, place: int, upload: UploadForm) -> None:
        """Import one file from where it stopped."""
        store = self.context.store
        self.points[place] = import_file(
            store,
            store.project(self.project_id),
            self.folder / str(place),
            name=upload.name,
            choice=Choice(upload.mapping, upload.encoding, upload.delimiter),
            after=self.points.get(place, Point()),
            on_failure=self._fail,
            on_progress=lambda point: self._stored(place, point),
        )
        self._write()

    def _fail(self, failure: Failure) -> None:
        write_failure(failure, self.failures)

    def _stored(self, place: int, point: Point) -> None:
        self.points[place] = point
        self._write()
        read = sum(one.characters for one in self.points.values())
        rows = sum(one.items for one in self.points.values())
        self.context.report(progress=min(read / self.total, 0.99), message=f"{rows:,} rows read")

    def _write(self) -> None:
        self.failures.flush()
        temporary = self._file.with_suffix(".part")
        temporary.write_text(json.dumps({place: asdict(point) for place, point in self.points.items()}), "utf-8")
        temporary.replace(self._file)
