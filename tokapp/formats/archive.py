"""ZIP: every member that is a readable file, never written to disk under its own name and never unfolded too far."""

from __future__ import annotations

import io
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from tokapp.errors import BadInput
from tokapp.formats.reading import Reading
from tokapp.formats.source import UNPACKED_LIMIT, Source, printable, size_text
from tokapp.formats.values import Failure

_MOST_MEMBERS = 10_000
_BIGGEST_RATIO = 200
_RATIO_FROM = 10 * 2**20
_IN_MEMORY = 16 * 2**20
_CHUNK = 2**20
_NOISE = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)
_ARCHIVES = (".zip", ".7z", ".rar", ".tar", ".tgz", ".tar.gz", ".bz2", ".xz")


def check_members(members: Iterable[zipfile.ZipInfo], where: str) -> None:
    """Raise BadInput when the members are too many, too large together, or packed as only a bomb is."""
    found = list(members)
    total = sum(member.file_size for member in found)
    if len(found) > _MOST_MEMBERS:
        raise BadInput(f"holds {len(found)} files, more than {_MOST_MEMBERS}; split it", where=where)
    if total > UNPACKED_LIMIT:
        raise BadInput(f"unpacks to {size_text(total)}, more than {size_text(UNPACKED_LIMIT)}; split it", where=where)
    for member in found:
        ratio = member.file_size // max(member.compress_size, 1)
        if member.file_size > _RATIO_FROM and ratio > _BIGGEST_RATIO:
            reason = f"{printable(member.filename)!r} unfolds to {ratio} times its size, as harmful archives do"
            raise BadInput(f"{reason}; nothing was read", where=where)


def members(reading: Reading) -> Iterator[Source | Failure]:
    """The members one after the other, each usable until the next is asked for."""
    where = reading.source.name
    with reading.source.open() as stream:
        try:
            archive = zipfile.ZipFile(stream)
        except _BROKEN as error:
            raise BadInput("the ZIP archive is damaged; pack it again", where=where) from error
        with archive:
            check_members(archive.infolist(), where)
            for member in archive.infolist():
                if not member.is_dir() and not any(noise in member.filename for noise in _NOISE):
                    yield from _member(archive, member, reading)


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, reading: Reading) -> Iterator[Source | Failure]:
    shown = printable(member.filename)
    reason = _refusal(member)
    if reason:
        yield reading.failure(shown, reason)
        return
    try:
        with _unpacked(archive, member) as copy:
            yield Source(f"{reading.source.name}/{shown}", copy.seek(0, 2), lambda: _view(copy))
    except _BROKEN:
        yield reading.failure(shown, "this file in the archive is damaged; pack it again")


def _refusal(member: zipfile.ZipInfo) -> str:
    name = member.filename.replace("\\", "/")
    if name.startswith("/") or ".." in name.split("/") or name[1:2] == ":":
        return "its name leads out of the archive, which is not safe; it was not read"
    if member.flag_bits & 0x1:
        return "it has a password; unpack it and upload the file itself"
    if name.lower().endswith(_ARCHIVES):
        return "an archive in an archive is not opened; unpack it and upload the file itself"
    return "the file is empty" if member.file_size == 0 else ""


@contextmanager
def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[BinaryIO]:
    """A nameless temporary copy; stops at the size that the archive states, whatever really follows."""
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as copy, archive.open(member) as stream:
        left = member.file_size
        while left > 0 and (chunk := stream.read(min(_CHUNK, left))):
            copy.write(chunk)
            left -= len(chunk)
        yield cast(BinaryIO, copy)


class _View(io.RawIOBase):
    """A reader with a place of its own over the copy, which stays open when the reader is closed."""

    def __init__(self, copy: BinaryIO) -> None:
        self._copy, self._place = copy, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self._place = self._copy.seek(offset if whence != 1 else self._place + offset, 0 if whence == 1 else whence)
        return self._place

    def readinto(self, buffer: object, /) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]  # typeshed has no public name for a writable buffer
        self._copy.seek(self._place)
        chunk = self._copy.read(len(view))
        view[: len(chunk)] = chunk
        self._place += len(chunk)
        return len(chunk)


def _view(copy: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(_View(copy)))
