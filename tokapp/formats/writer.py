"""From documents to files, whole or not at all, with a report of what the format does not hold."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO, cast

from tokapp.documents import Document
from tokapp.errors import BadInput
from tokapp.evaluation.splits import Split, split_of
from tokapp.formats.delimited import write_rows
from tokapp.formats.reading import Format
from tokapp.formats.registry import writer
from tokapp.formats.values import Failure, LossReport
from tokapp.tasks import Task

SPLITS: tuple[Split, ...] = ("train", "validation", "test")
_DETAILS = 1000


def write_documents(
    documents: Iterable[Document], path: Path | str, format: str, *, task: Task | None = None, seed: str | None = None
) -> LossReport:
    """Write one file, or with a `seed` a ZIP (`path` ends with .zip) or folder of train, validation and test.

    The file appears whole or not at all. Returns what the format does not hold. Raises NotFound for an unknown format,
    BadSpan or UnknownLabel when a document does not fit `task`, BadInput when the file cannot be written.
    """
    target, form = Path(path), writer(format)
    chosen = list(documents)
    if task is not None:
        for document in chosen:
            task.check(document)
    try:
        _write_all(chosen, target, form, seed)
    except OSError as error:
        raise BadInput(f"cannot be written ({error.strerror})", where=str(target)) from error
    return loss_report(chosen, format)


def _write_all(documents: Sequence[Document], target: Path, form: Format, seed: str | None) -> None:
    if seed is None:
        with _appearing(target) as stream:
            _write(documents, form, stream)
    elif target.suffix.lower() == ".zip":
        with _appearing(target) as stream:
            stream.write(zipped(documents, form.name, seed=seed))
    else:
        target.mkdir(parents=True, exist_ok=True)
        for split, part in split_documents(documents, seed=seed).items():
            with _appearing(target / f"{split}{form.extensions[0]}") as stream:
                _write(part, form, stream)


def to_bytes(documents: Iterable[Document], format: str, *, seed: str | None = None) -> bytes:
    """The same file in memory, for a download; with a `seed` a ZIP of the three splits."""
    if seed is not None:
        return zipped(list(documents), format, seed=seed)
    stream = io.BytesIO()
    _write(documents, writer(format), stream)
    return stream.getvalue()


def zipped(documents: Sequence[Document], format: str, *, seed: str) -> bytes:
    """A ZIP with train, validation and test, each complete even when empty."""
    stream = io.BytesIO()
    form = writer(format)
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for split, part in split_documents(documents, seed=seed).items():
            archive.writestr(f"{split}{form.extensions[0]}", to_bytes(part, format))
    return stream.getvalue()


def split_documents(documents: Iterable[Document], *, seed: str) -> dict[Split, list[Document]]:
    """The documents by split; those of one group (`meta["group"]`, else equal texts) stay together."""
    parts: dict[Split, list[Document]] = {split: [] for split in SPLITS}
    for document in documents:
        group = document.meta.get("group")
        parts[split_of(str(group) if group is not None else document.hash, seed=seed)].append(document)
    return parts


def _write(documents: Iterable[Document], form: Format, stream: BinaryIO) -> None:
    if form.write is None:
        raise BadInput(f"{form.title} cannot be written")
    try:
        form.write(documents, stream)
    except UnicodeEncodeError as error:
        raise BadInput("a document holds half a character (a lone surrogate), which no file can hold") from error
    except (TypeError, ValueError) as error:
        raise BadInput(f"a document's meta cannot be written as JSON ({error})") from error


@contextmanager
def _appearing(target: Path) -> Iterator[BinaryIO]:
    """A stream whose content takes the target's place at the end, and leaves nothing behind when something fails."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", suffix=".part", delete=False) as stream:
        temporary = Path(stream.name)
        try:
            yield cast(BinaryIO, stream)
            stream.flush()
            os.fsync(stream.fileno())
            temporary.chmod(0o644)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)


def loss_report(documents: Iterable[Document], format: str) -> LossReport:
    """What a format does not hold of these documents, known before anything is written."""
    form = writer(format)
    counts: dict[str, int] = {}
    details: dict[str, list[str]] = {}
    total = 0
    for document in documents:
        total += 1
        for what, which in form.losses(document) if form.losses else ():
            counts[what] = counts.get(what, 0) + 1
            details.setdefault(what, []).append(which)
    return LossReport(tuple(_lines(counts, details)), total)


def _lines(counts: dict[str, int], details: dict[str, list[str]]) -> Iterator[str]:
    for what, count in counts.items():
        yield f"{what}: {count}"
        named = [which for which in details[what] if which]
        yield from (f"  {which}" for which in named[:_DETAILS])
        if len(named) > _DETAILS:
            yield f"  and {len(named) - _DETAILS} more"


def failures_table(failures: Iterable[Failure]) -> bytes:
    """The failures as a CSV for download: file, place, reason, content; safe to open in a spreadsheet."""
    stream = io.BytesIO()
    rows = ([one.file, one.place, one.reason, _sound(one.raw)] for one in failures)
    write_rows(("file", "place", "reason", "content"), rows, stream)
    return stream.getvalue()


def _sound(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
