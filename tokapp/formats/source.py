"""Where bytes come from: a file on disk, an upload in memory, a member of an archive; unpacked and bounded."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias, cast

from tokapp.errors import BadInput

Data: TypeAlias = Path | str | bytes | BinaryIO
"""A file on disk, its content, or an open binary stream."""
UPLOAD_LIMIT = 200 * 2**20
"""Bytes that one upload through the browser may have."""
UNPACKED_LIMIT = 2 * 2**30
"""Bytes that a packed file may unfold to."""
WHOLE_LIMIT = 500 * 2**20
"""Bytes of a format that cannot be read piece by piece."""

_MAGIC = (
    (b"\x89PNG", "png", "a PNG picture"),
    (b"\xff\xd8\xff", "jpeg", "a JPEG picture"),
    (b"GIF8", "gif", "a GIF picture"),
    (b"%PDF", "pdf", "a PDF document"),
    (b"PK\x03\x04", "zip", "a ZIP archive or an Office document"),
    (b"PK\x05\x06", "zip", "an empty ZIP archive"),
    (b"\x1f\x8b", "gzip", "a gzip file"),
    (b"\xd0\xcf\x11\xe0", "ole", "an old Office document or one with a password"),
    (b"PAR1", "parquet", "a Parquet file"),
    (b"SQLite format 3\x00", "sqlite", "a SQLite database"),
    (b"\x7fELF", "elf", "a program"),
    (b"MZ\x90\x00", "exe", "a program"),
    (b"7z\xbc\xaf", "7z", "a 7z archive"),
    (b"Rar!", "rar", "a RAR archive"),
    (b"BZh", "bzip2", "a bzip2 file"),
    (b"\xfd7zXZ", "xz", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "zstd", "a Zstandard file"),
    (b"RIFF", "riff", "a sound, picture or video file"),
    (b"OggS", "ogg", "a sound file"),
    (b"ID3", "mp3", "a sound file"),
)


@dataclass(frozen=True, slots=True)
class Source:
    """Bytes with a printable name; every `open` starts at the beginning."""

    name: str
    size: int
    reopen: Callable[[], BinaryIO]
    path: Path | None = None

    def open(self) -> BinaryIO:
        """A fresh stream over the unpacked bytes; raises BadInput while reading when a packed file unfolds too far."""
        if self.name.lower().endswith(".gz"):
            unpacked = cast(BinaryIO, gzip.GzipFile(fileobj=self.reopen(), mode="rb"))
            return cast(BinaryIO, io.BufferedReader(_Bounded(unpacked, UNPACKED_LIMIT, self.name), 2**16))
        return self.reopen()

    def head(self, count: int = 4096) -> bytes:
        """The first bytes, unpacked."""
        with self.open() as stream:
            return stream.read(count)

    @property
    def plain_name(self) -> str:
        """The name without `.gz`."""
        return self.name[:-3] if self.name.lower().endswith(".gz") else self.name

    @property
    def stem(self) -> str:
        """The name without folders and extension, for ids."""
        return self.plain_name.rsplit("/", 1)[-1].rsplit(".", 1)[0] or "document"


class _Bounded(io.RawIOBase):
    """A stream that refuses to give more than `limit` bytes, so that a bomb ends as a sentence."""

    def __init__(self, stream: BinaryIO, limit: int, name: str) -> None:
        self._stream, self._limit, self._name, self._given = stream, limit, name, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object, /) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]  # typeshed has no public name for a writable buffer
        try:
            chunk = self._stream.read(len(view))
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise BadInput("the packed file is damaged or cut off; pack it again", where=self._name) from error
        self._given += len(chunk)
        if self._given > self._limit:
            raise BadInput(f"unpacks to more than {size_text(self._limit)}; split it", where=self._name)
        view[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        self._stream.close()
        super().close()


def open_source(data: Data, name: str | None = None, *, max_bytes: int | None = None) -> Source:
    """A source over a path, bytes or an open binary file; raises BadInput when it is missing, empty or too large."""
    source = _source(data, name)
    if source.size == 0:
        raise BadInput("the file is empty", where=source.name)
    if max_bytes is not None and source.size > max_bytes:
        advice = "split it, or use `tokapp import`, which reads a file of any size"
        raise BadInput(f"{size_text(source.size)} are more than {size_text(max_bytes)}: {advice}", where=source.name)
    return source


def _source(data: Data, name: str | None) -> Source:
    if isinstance(data, (Path, str)):
        return _from_path(Path(data), name)
    content = data if isinstance(data, bytes) else _all_of(data)
    shown = printable(name or getattr(data, "name", "") or "upload")
    return Source(shown, len(content), lambda: io.BytesIO(content))


def _all_of(stream: BinaryIO) -> bytes:
    stream.seek(0)
    return stream.read()


def _from_path(path: Path, name: str | None) -> Source:
    shown = printable(name or path.name)
    try:
        if path.is_dir():
            raise BadInput("is a folder; name the files in it", where=shown)
        return Source(shown, path.stat().st_size, lambda: path.open("rb"), path)
    except FileNotFoundError:
        raise BadInput("there is no such file", where=shown) from None
    except OSError as error:
        raise BadInput(f"cannot be opened ({error.strerror})", where=shown) from error


def kind_of(head: bytes) -> tuple[str, str] | None:
    """What a file is by its first bytes, as (short name, words), or None for text."""
    for magic, kind, words in _MAGIC:
        if head.startswith(magic):
            return kind, words
    if head[4:8] == b"ftyp":
        return "mp4", "a video file"
    return ("binary", "binary data, not text") if _looks_binary(head) else None


def _looks_binary(head: bytes) -> bool:
    """Many NULs or control bytes that are no UTF-16 or UTF-32 either."""
    if not head or head.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")) or is_wide(head):
        return False
    controls = sum(byte < 9 or 13 < byte < 27 or 27 < byte < 32 for byte in head)
    return controls > len(head) * 0.1 and controls > 2


def is_wide(head: bytes) -> str | None:
    """The UTF-16 flavour of bytes without a byte order mark: nearly every second byte is NUL, the others are not."""
    if len(head) < 8:
        return None
    even, odd = head[0::2], head[1::2]
    shares = even.count(0) / len(even), odd.count(0) / len(odd)
    if shares[1] > 0.4 and shares[0] < 0.05:
        return "utf-16-le" if _reads_well(head, "utf-16-le") else None
    if shares[0] > 0.4 and shares[1] < 0.05:
        return "utf-16-be" if _reads_well(head, "utf-16-be") else None
    return None


def _reads_well(head: bytes, encoding: str) -> bool:
    text = head.decode(encoding, "replace")
    return sum(character.isprintable() or character.isspace() for character in text) > 0.95 * len(text)


def printable(name: str) -> str:
    """A file name that can stand in any message: no control or direction characters, no way out of a folder."""
    shown = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in name)
    parts = [part for part in shown.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return "/".join(parts)[-200:] or "upload"


def size_text(count: int) -> str:
    """A number of bytes as people write it."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1024:
            return f"{count:.0f} {unit}"
        count //= 1024
    return f"{count:.0f} GB"
