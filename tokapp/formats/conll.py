"""CoNLL/IOB2: a word and its tag per line (tab between), a blank line after each document.

Comments before the words hold what makes a file of ours readable back: `# newdoc id = ...`, `# text = ...` (as it is,
or as a JSON string when it has line breaks or outer blanks), `# label = ...`, `# status = labelled`. Files of others
give one document per sentence, words joined by a blank; IOB1, IOB2, IOE2, IOBES and BILOU tags are all understood.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from tokapp.documents import Document, Json, Offset, Span
from tokapp.formats.conversion import loses_groups
from tokapp.formats.reading import Format, Reading
from tokapp.formats.reasons import loses_reasons
from tokapp.formats.values import Failure, Record
from tokapp.words import split_words

_COMMENT = re.compile(r"# ?(newdoc id|text|label|status|sent_id|id)\s*=\s?(.*)", re.S)
_TAG = re.compile(r"([BIESLU])-(.+)", re.S)
_LONGEST = 64 * 2**20


@dataclass(slots=True)
class _Block:
    """The lines between two blank ones."""

    line: int
    words: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    comments: dict[str, str] = field(default_factory=dict)
    raw: list[str] = field(default_factory=list)
    wrong: str = ""


def read(reading: Reading) -> Iterator[Record | Failure]:
    """One record per block of lines."""
    number = 0
    for block in _blocks(reading):
        if block.wrong:
            yield reading.failure(f"line {block.line}", block.wrong, "".join(block.raw))
        elif block.words or "text" in block.comments:
            number += 1
            yield _record(block, number, reading)


def _blocks(reading: Reading) -> Iterator[_Block]:
    block = _Block(1)
    with reading.open_text("\n") as stream:
        for line_number, line in enumerate(iter(lambda: stream.readline(_LONGEST), ""), 1):
            content = line.rstrip("\r\n")
            if not content.strip(" \t"):
                yield block
                block = _Block(line_number + 1)
                continue
            block.raw.append(line)
            _take(content, block)
    yield block


def _take(content: str, block: _Block) -> None:
    comment = _COMMENT.fullmatch(content)
    if comment and "\t" not in content[:2]:
        block.comments[comment[1]] = _unquoted(comment[2])
        return
    if content.startswith("-DOCSTART-") or (content.startswith("# ") and not _tag_of(content)):
        return
    columns = content.split("\t") if "\t" in content else re.split(r"[ \t]+", content.strip(" \t"))
    if len(columns) < 2:
        block.wrong = f"the line {content[:60]!r} has one column; a word and its tag are needed"
        return
    word = columns[1] if columns[0].isdecimal() and len(columns) > 4 else columns[0]
    block.words.append(word)
    block.tags.append(columns[-1])


def _tag_of(content: str) -> bool:
    return bool(re.search(r"[ \t](O|[BIESLU]-\S+)$", content))


def _record(block: _Block, number: int, reading: Reading) -> Record | Failure:
    place, raw = f"line {block.line}", "".join(block.raw)
    text = block.comments.get("text", " ".join(block.words))
    offsets = _offsets(text, block.words)
    if offsets is None:
        return reading.failure(place, "the words are not those of its `# text = ` line", raw)
    spans: list[Json] = [
        {"start": start, "end": end, "label": label, "text": text[start:end]}
        for start, end, label in _spans(offsets, block.tags)
    ]
    values: dict[str, Json] = {"text": text, "spans": spans}
    for comment, column in (
        ("newdoc id", "id"),
        ("id", "id"),
        ("sent_id", "id"),
        ("label", "label"),
        ("status", "status"),
    ):
        if comment in block.comments:
            values.setdefault(column, block.comments[comment])
    return Record(place, number, {"id": None, "label": None, "status": None, **values}, raw)


def _offsets(text: str, words: Sequence[str]) -> list[Offset] | None:
    offsets, place = [], 0
    for word in words:
        start = text.find(word, place)
        if start < 0 or text[place:start].strip():
            return None
        place = start + len(word)
        offsets.append((start, place))
    return offsets


def _spans(offsets: Sequence[Offset], tags: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Runs of tags, leniently: I- without a beginning starts a span, E- L- S- U- end one."""
    start, end, label = 0, 0, ""
    for (word_start, word_end), tag in zip(offsets, tags, strict=True):
        match = _TAG.fullmatch(tag)
        goes_on = match is not None and match[1] in "IEL" and match[2] == label
        if label and not goes_on:
            yield start, end, label
            label = ""
        if match is None:
            continue
        if not goes_on:
            start, label = word_start, match[2]
        end = word_end
        if match[1] in "ESLU":
            yield start, end, label
            label = ""
    if label:
        yield start, end, label


def write(documents: Iterable[Document], stream: BinaryIO) -> None:
    """One block per document, UTF-8."""
    for document in documents:
        stream.write("".join(_lines(document)).encode("utf-8"))


def _lines(document: Document) -> Iterator[str]:
    yield f"# newdoc id = {_quoted(document.id)}\n# text = {_quoted(document.text)}\n"
    if document.label:
        yield f"# label = {_quoted(document.label)}\n"
    if document.is_reviewed:
        yield "# status = labelled\n"
    words = split_words(document.text)
    for (start, end), tag in zip(words, _tags(document, words)[0], strict=True):
        yield f"{document.text[start:end]}\t{tag}\n"
    yield "\n"


def _tags(document: Document, words: Sequence[Offset]) -> tuple[list[str], list[tuple[Span, str]]]:
    """IOB2 tags, longest spans first, and the spans that do not come through unchanged with the reason."""
    tags = ["O"] * len(words)
    changed: list[tuple[Span, str]] = []
    for span in sorted(document.spans, key=lambda one: (one.start - one.end, one.start, one.label)):
        touched = [index for index, (start, end) in enumerate(words) if start < span.end and span.start < end]
        if not touched:
            changed.append((span, "spans without a word are left out"))
        elif any(tags[index] != "O" for index in touched):
            changed.append((span, "overlapping spans are left out, the longest stays"))
        else:
            label = _label(span.label)
            tags[touched[0]] = f"B-{label}"
            for index in touched[1:]:
                tags[index] = f"I-{label}"
            if (words[touched[0]][0], words[touched[-1]][1]) != (span.start, span.end):
                changed.append((span, "spans that begin or end inside a word or blank get whole words"))
            elif label != span.label:
                changed.append((span, "blanks in label names become _"))
    return tags, changed


def _label(name: str) -> str:
    return re.sub(r"\s", "_", name)


def _quoted(value: str) -> str:
    """The value on one line: as it is, or as a JSON string when it could not be told apart otherwise."""
    is_plain = value == value.strip() and value.isprintable() and not value.startswith('"')
    return value if is_plain else json.dumps(value)


def _unquoted(value: str) -> str:
    if value.startswith('"') and value.endswith('"') and len(value) > 1:
        try:
            return str(json.loads(value))
        except ValueError:
            return value
    return value


def losses(document: Document) -> Iterator[tuple[str, str]]:
    """What words and tags cannot hold."""
    if document.question is not None:
        yield "the question is not written", ""
    if document.contexts:
        yield "the context is not written", ""
    if document.meta:
        yield "meta is not written", ""
    if any(span.score is not None for span in document.spans):
        yield "scores of spans are not written", ""
    if document.label == "":
        yield "an empty label becomes no label", ""
    yield from loses_reasons(document)
    yield from loses_groups(document)
    for span, reason in _tags(document, split_words(document.text))[1]:
        yield reason, f"{document.id} [{span.start}, {span.end}) {span.label}"


FORMAT = Format("conll", "CoNLL/IOB2", (".conll", ".iob", ".iob2", ".bio", ".conllu"), read, write, losses)
