"""Mail: EML is one message, MBOX many. Text = "Subject: ...", blank line, body; the other headers go into meta.

The body is the first plain text part, else the first HTML part reduced to its words. Attachments are named, never
opened. The tolerant (compat32) parser of the standard library is used, since real mail is often malformed.
"""

from __future__ import annotations

import email
import mailbox
import re
import tempfile
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from pathlib import Path

from tokapp.documents import Json
from tokapp.errors import BadInput
from tokapp.formats.encoding import guess_encoding
from tokapp.formats.html_text import html_to_text
from tokapp.formats.reading import Format, Reading
from tokapp.formats.source import printable, size_text
from tokapp.formats.values import Failure, Record

_LONGEST = 64 * 2**20
_CHUNK = 2**20
_HEADERS = ("from", "to", "cc", "date", "message-id", "in-reply-to", "references", "list-id")
_IS_HEADER = re.compile(rb"[!-9;-~]+:")


def read_eml(reading: Reading) -> Iterator[Record | Failure]:
    """The one message of the file."""
    with reading.source.open() as stream:
        content = stream.read(_LONGEST + 1)
    if len(content) > _LONGEST:
        raise BadInput(
            f"a mail over {size_text(_LONGEST)} is not read; leave its attachments out", where=reading.source.name
        )
    if not any(_IS_HEADER.match(line) or line.startswith(b"From ") for line in content.lstrip().splitlines()[:1]):
        raise BadInput("no mail: the first line is no header such as `From: ...`", where=reading.source.name)
    yield _record(content, "", 1, reading)


def read_mbox(reading: Reading) -> Iterator[Record | Failure]:
    """Every message of the mailbox."""
    if not reading.source.head(5).startswith(b"From "):
        raise BadInput(
            "no mailbox: the file does not begin with `From `; name a single mail .eml", where=reading.source.name
        )
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "mailbox"
        _copy(reading, copy)
        box = mailbox.mbox(copy, create=False)
        for number, key in enumerate(box.iterkeys(), 1):
            yield _record(box.get_bytes(key), f"message {number}", number, reading)
        box.close()


def _copy(reading: Reading, target: Path) -> None:
    """mailbox reads files only, and must not touch the person's own."""
    with reading.source.open() as stream, target.open("wb") as copy:
        while chunk := stream.read(_CHUNK):
            copy.write(chunk)


def _record(content: bytes, place: str, number: int, reading: Reading) -> Record | Failure:
    shown = content[:_CHUNK].decode("utf-8", "backslashreplace")
    if len(content) > _LONGEST:
        return reading.failure(
            place, f"a mail over {size_text(_LONGEST)} is not read; leave its attachments out", shown
        )
    message = email.message_from_bytes(content)
    meta: dict[str, Json] = {name: value for name in _HEADERS if (value := _header(message, name))}
    subject = _header(message, "subject")
    body, found = _body(message, reading)
    if not body.strip() and not subject:
        return reading.failure(place, "the mail has neither subject nor text", shown)
    meta = {**meta, "subject": subject, **found}
    identity = str(meta.get("message-id") or "").strip("<> ") or None
    return Record(place, number, {"id": identity, "text": f"Subject: {subject}\n\n{body}", "meta": meta}, shown)


def _header(message: Message, name: str) -> str:
    """A header decoded and on one line; what cannot be decoded stays as it is written."""
    raw = message.get(name)
    if raw is None:
        return ""
    try:
        pieces = decode_header(raw)
    except (HeaderParseError, ValueError):
        pieces = [(str(raw), None)]
    text = "".join(piece if isinstance(piece, str) else _decode(piece, charset)[0] for piece, charset in pieces)
    return " ".join(text.encode("utf-8", "replace").decode("utf-8").split())


def _body(message: Message, reading: Reading) -> tuple[str, dict[str, Json]]:
    """The best text of a message, and what to say about it: html, a broken charset, attachments."""
    plain: Message | None = None
    html: Message | None = None
    attachments: list[Json] = []
    for part in _parts(message):
        kind, name = part.get_content_type(), part.get_filename()
        is_attached = part.get_content_disposition() == "attachment" or bool(name)
        if kind == "text/plain" and plain is None and not is_attached:
            plain = part
        elif kind == "text/html" and html is None and not is_attached:
            html = part
        elif not part.is_multipart() or kind == "message/rfc822":
            attachments.append(f"{printable(str(name))} ({kind})" if name else kind)
    found: dict[str, Json] = {"attachments": attachments} if attachments else {}
    if plain is not None and (text := _content(plain, found, reading)).strip():
        return text, found
    if html is not None:
        return html_to_text(_content(html, found, reading)), {**found, "html": True}
    return "", found


def _parts(message: Message) -> Iterator[Message]:
    """The leaves of a message; a mail attached to a mail is one leaf."""
    waiting = [message]
    while waiting:
        part = waiting.pop(0)
        payload = part.get_payload()
        if isinstance(payload, list) and part.get_content_maintype() == "multipart":
            waiting = [inner for inner in payload if isinstance(inner, Message)] + waiting
        else:
            yield part


def _content(part: Message, found: dict[str, Json], reading: Reading) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    charset = part.get_content_charset()
    text, used = _decode(payload, charset)
    if used:
        stated = printable(charset or "ascii")
        found["charset"] = f"{stated} stated, {used} used"
        reading.note("has a broken or unknown charset; its text was read in the likeliest one")
    return text


def _decode(content: bytes, charset: str | None) -> tuple[str, str]:
    """The text, and the encoding that had to be used instead of the stated one (or "")."""
    try:
        return content.decode(charset or "ascii"), ""
    except (LookupError, UnicodeDecodeError, ValueError):
        pass
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        guessed = guess_encoding(content[:16384])
        return content.decode(guessed, "replace"), guessed


EML = Format("eml", "Mail", (".eml",), read_eml)
MBOX = Format("mbox", "Mailbox", (".mbox", ".mbx"), read_mbox)
