"""Documents in and out: files into a project as the page takes them, and a project as a file."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Annotated, BinaryIO

from fastapi import APIRouter, File, Form, Query, Response, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from tokapp.api.limits import check_time
from tokapp.api.parts import Parts, Shared
from tokapp.api.records import Name
from tokapp.documents import Document
from tokapp.errors import BadInput, JobCancelled
from tokapp.formats import Failure, LossReport, formats, write_documents
from tokapp.formats.registry import writer
from tokapp.formats.writer import loss_report
from tokapp.store.importing import Choice, Point, import_file
from tokapp.store.uploads import AT_ONCE, Upload, find_or_make_project, queue_import
from tokapp.store.values import Project
from tokapp.tasks import load_task

router = APIRouter(tags=["documents"])

FAILURES_TOLD = 100
_PIECE = 2**16
_LONGEST_NAME = 255
ProjectName = Annotated[Name, Query(description="Name of the project.")]
FormatName = Annotated[
    Name,
    Query(
        alias="format",
        description="One of those of `tokapp export`.",
        json_schema_extra={"enum": list(formats())},
        examples=["jsonl"],
    ),
]
Everything = Annotated[bool, Query(alias="all", description="Also documents that nobody has labelled yet.")]


class ImportedFile(BaseModel):
    """What became of one file."""

    name: str
    added: int = 0
    duplicates: int = 0
    failed: int = 0


class FailedRow(BaseModel):
    """Something that did not go in: where it stands, why, and what to do."""

    file: str
    place: str
    reason: str

    @classmethod
    def of(cls, failure: Failure) -> FailedRow:
        """The row of a failure; what no UTF-8 can hold is escaped."""
        parts = (failure.file, failure.place, failure.reason)
        file, place, reason = (part.encode("utf-8", "backslashreplace").decode("utf-8") for part in parts)
        return cls(file=file, place=place, reason=reason)


class Imported(BaseModel):
    """What an import did; `job` is set where the worker does it, whose job then tells the rest."""

    project: str
    job: int | None = Field(default=None, description="Follow it at /v1/jobs/{id}.")
    files: list[ImportedFile] = []
    failures: list[FailedRow] = Field(default=[], description=f"At most {FAILURES_TOLD} of them.")


class Losses(BaseModel):
    """What a format does not hold of the documents, one sentence a line."""

    documents: int
    lines: list[str]


@router.post(
    "/import",
    responses={202: {"model": Imported, "description": "Kept for the worker; `job` says which one does it."}},
)
def import_files(
    parts: Shared,
    response: Response,
    project: Annotated[Name, Form(description="Project to add to.")],
    files: Annotated[list[UploadFile], File(description="CSV, JSONL and every other format that the page takes.")],
    task: Annotated[Name | None, Form(description="Makes the project, with this task, if it does not exist.")] = None,
    encoding: Annotated[Name | None, Form(description="How the files are encoded. Default: as guessed.")] = None,
    delimiter: Annotated[Name | None, Form(description="What parts the cells of a table. Default: as guessed.")] = None,
) -> Imported:
    """Add the documents of files to a project; rows that cannot be read are told, the rest goes in.

    Files of more than a megabyte in all, and what takes too long, become a job of the worker (202), which counts as
    duplicates what is in already. Labels in the files are imported, too.
    """
    choice = Choice(encoding=encoding, delimiter=delimiter)
    uploads = [Upload(_file_name(file), file.file, choice) for file in files]
    with parts.gate.enter():
        found = find_or_make_project(parts.store, project, load_task(task) if task is not None else None)
        if sum(file.size or 0 for file in files) <= AT_ONCE:
            with suppress(JobCancelled):  # a small file may unfold to a large one
                return _import_now(parts, found, uploads)
        job = queue_import(parts.store, parts.settings.uploads, found.id, uploads)
    response.status_code = 202
    response.headers["location"] = f"/v1/jobs/{job.id}"
    return Imported(project=found.name, job=job.id)


def _file_name(file: UploadFile) -> str:
    """The last part of a name, which is all that is wanted of it; raises BadInput for one that says nothing."""
    name = PurePosixPath((file.filename or "").replace("\\", "/")).name
    if not name.strip(".") or len(name) > _LONGEST_NAME or not name.isprintable():
        raise BadInput(f"a file needs a name of 1 to {_LONGEST_NAME} printable characters", where="files")
    return name


def _import_now(parts: Parts, project: Project, uploads: Iterable[Upload]) -> Imported:
    """Raises JobCancelled when the time is up; what is stored by then stays."""
    failures: list[Failure] = []
    told, until = [], parts.limits.until()
    for upload in uploads:
        data, name = upload.stream.read(), upload.name
        point = import_file(
            parts.store,
            project,
            data,
            name=name,
            choice=upload.choice,
            on_failure=failures.append,
            on_progress=lambda _: check_time(until),
        )
        told.append(_told(name, point))
    return Imported(
        project=project.name,
        files=told,
        failures=[FailedRow.of(failure) for failure in islice(failures, FAILURES_TOLD)],
    )


def _told(name: str, point: Point) -> ImportedFile:
    return ImportedFile(name=name, added=point.added, duplicates=point.duplicates, failed=point.failed)


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "The file.",
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
            "headers": {
                "Tokapp-Documents": {"description": "How many documents are in it.", "schema": {"type": "integer"}},
                "Tokapp-Losses": {
                    "description": "How many lines /v1/export/losses tells of what the format does not hold.",
                    "schema": {"type": "integer"},
                },
            },
        }
    },
)
def export(
    parts: Shared, project: ProjectName, form: FormatName = "jsonl", everything: Everything = False
) -> StreamingResponse:
    """A project's documents with people's labels, in the formats of `tokapp export`."""
    extension = writer(form).extensions[0]
    with parts.gate.enter(), TemporaryDirectory(prefix="tokapp-export-") as folder:
        found = parts.store.project(project)
        target = Path(folder) / f"export{extension}"
        report = write_documents(_gold(parts, found, everything), target, form, task=found.task)
        stream = target.open("rb")  # the open file outlives its folder
    headers = {
        "content-disposition": f'attachment; filename="project-{found.id}{extension}"',
        "content-length": str(os.fstat(stream.fileno()).st_size),
        "tokapp-documents": str(report.documents),
        "tokapp-losses": str(len(report.lines)),
    }
    return StreamingResponse(_pieces(stream), media_type="application/octet-stream", headers=headers)


@router.get("/export/losses")
def losses(parts: Shared, project: ProjectName, form: FormatName = "jsonl", everything: Everything = False) -> Losses:
    """What the format of an export does not hold, as `tokapp export` tells it."""
    writer(form)
    with parts.gate.enter():
        report: LossReport = loss_report(_gold(parts, parts.store.project(project), everything), form)
    return Losses(documents=report.documents, lines=list(report.lines))


def _gold(parts: Parts, project: Project, everything: bool) -> Iterator[Document]:
    until = time.monotonic() + parts.limits.exporting
    for document in parts.store.gold(project.id, labelled_only=not everything):
        if time.monotonic() > until:
            told = f"This export takes longer than {parts.limits.exporting:g} seconds"
            raise JobCancelled(f"{told}: use tokapp export on the server, where nobody waits for an answer.")
        yield document


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    with stream:
        while piece := stream.read(_PIECE):
            yield piece
