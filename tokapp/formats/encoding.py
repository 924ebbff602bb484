"""Which encoding a file has: its mark, else UTF-8 if it is valid, else the best guess, which is then said."""

from __future__ import annotations

import codecs
from typing import BinaryIO

from tokapp.errors import BadInput
from tokapp.formats.source import Source, is_wide

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WESTERN = frozenset({"cp1252", "latin_1", "iso8859_15", "ascii"})
_WIDE = ["utf_7", "utf_16", "utf_16_be", "utf_16_le", "utf_32", "utf_32_be", "utf_32_le"]
"""What has been ruled out before anything is guessed: files in these have a mark or a zero in every other byte."""
_NEAR = 0.05
_CHUNK = 2**20
_SAMPLE = 2**14


def check_encoding(name: str, *, where: str = "") -> str:
    """The name as it came, if Python knows it as a text encoding; raises BadInput otherwise."""
    try:
        codecs.lookup(name)
        b"a".decode(name)
    except (LookupError, UnicodeDecodeError, ValueError) as error:
        if isinstance(error, UnicodeDecodeError):
            return name
        raise BadInput(f"{name!r} is no encoding; try utf-8, windows-1252, utf-16 or shift_jis", where=where) from None
    return name


def detect_encoding(source: Source, *, at_most: int | None = None) -> tuple[str, str]:
    """Encoding and a note about a guess (or ""); reads at most `at_most` bytes, in flat memory."""
    head = source.head()
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name, ""
    if wide := is_wide(head):
        return wide, f"no byte order mark; read as {wide}"
    with source.open() as stream:
        wrong = _first_wrong_byte(stream, at_most)
    if wrong is None:
        return "utf-8", ""
    sample = _lines_beyond_ascii(source, wrong)
    if _is_mostly_utf8(sample):
        return "utf-8", "some bytes are not valid UTF-8; their rows are listed as failures"
    name = guess_encoding(sample)
    return name, f"not UTF-8; read as {name}, which is a guess: look at the preview"


def guess_encoding(sample: bytes) -> str:
    """The likeliest encoding of bytes that are not UTF-8.

    charset-normalizer ranks by how odd the characters look and how much they look like a language; near ties go to
    Western windows-1252, which most such files are.
    """
    from charset_normalizer import from_bytes

    matches = from_bytes(sample, cp_exclusion=_WIDE)
    best = matches.best()
    if best is None:
        return "cp1252"
    for match in matches:
        is_western = not _WESTERN.isdisjoint({match.encoding, *match.could_be_from_charset})
        if is_western and match.chaos <= best.chaos + _NEAR and match.coherence >= best.coherence:
            return "cp1252"
    return best.encoding


def _first_wrong_byte(stream: BinaryIO, at_most: int | None) -> int | None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    done = 0
    while chunk := stream.read(_CHUNK if at_most is None else min(_CHUNK, max(at_most - done, 0))):
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            return max(done + error.start - 4, 0)
        done += len(chunk)
    pending = decoder.getstate()[0]
    is_cut_by_us = at_most is not None and done >= at_most
    return done - len(pending) if pending and not is_cut_by_us else None


def _lines_beyond_ascii(source: Source, wrong: int) -> bytes:
    """Some lines with bytes over 127 from around the first wrong one: all that a guess can use."""
    with source.open() as stream:
        _skip(stream, max(wrong - 2**15, 0))
        block = stream.read(2**18)
    lines = [line for line in block.splitlines(keepends=True) if not line.isascii()]
    return b"".join(lines)[:_SAMPLE] or block[:_SAMPLE]


def _skip(stream: BinaryIO, count: int) -> None:
    while count > 0 and (chunk := stream.read(min(count, _CHUNK))):
        count -= len(chunk)


def _is_mostly_utf8(sample: bytes) -> bool:
    text = sample.decode("utf-8", "surrogateescape")
    wrong = sum("\udc80" <= character <= "\udcff" for character in text)
    right = sum(character > "\x7f" for character in text) - wrong
    return right > 2 * wrong
