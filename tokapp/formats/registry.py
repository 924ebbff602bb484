"""Every format by its name and by the names of files."""

from __future__ import annotations

from tokapp.errors import BadInput, NotFound
from tokapp.formats import conll, delimited, json_file, jsonl, mail, parquet, plain_text, spacy_jsonl, workbook
from tokapp.formats.reading import Format
from tokapp.formats.source import Source, kind_of

ARCHIVE = Format("zip", "ZIP archive of such files", (".zip",), kinds=("zip",))

FORMATS: tuple[Format, ...] = (
    jsonl.FORMAT,
    delimited.CSV,
    delimited.TSV,
    conll.FORMAT,
    spacy_jsonl.FORMAT,
    json_file.FORMAT,
    workbook.FORMAT,
    parquet.FORMAT,
    plain_text.FORMAT,
    mail.EML,
    mail.MBOX,
    ARCHIVE,
)


def formats() -> tuple[str, ...]:
    """Names of the formats that can be written."""
    return tuple(one.name for one in FORMATS if one.write is not None)


def readable_extensions() -> tuple[str, ...]:
    """File extensions that can be read, with their dot; each may have .gz behind it."""
    return tuple(extension for one in FORMATS if one.read or one is ARCHIVE for extension in one.extensions)


def writer(name: str) -> Format:
    """The format of that name, which can be written; raises NotFound listing those there are."""
    for one in FORMATS:
        if one.name == name and one.write is not None:
            return one
    raise NotFound(f"no format {name!r} can be written; there are: {', '.join(formats())}")


def format_of(source: Source) -> Format:
    """The format of a file by its name, if its first bytes agree; raises BadInput saying what the file is instead."""
    name = source.plain_name.lower()
    found = next((one for one in FORMATS if one.read or one is ARCHIVE if name.endswith(one.extensions)), None)
    if found is None:
        known = ", ".join(readable_extensions())
        raise BadInput(f"files of this kind are not read; use one of {known}", where=source.name)
    kind = kind_of(source.head())
    if kind is None and found.kinds:
        raise BadInput(f"is no {found.title} but text or something else; check its name", where=source.name)
    if kind is not None and kind[0] not in found.kinds:
        raise BadInput(f"is {kind[1]}, not {found.title}; {_advice(kind[0])}", where=source.name)
    return found


def _advice(kind: str) -> str:
    if kind == "zip":
        return "give it its own extension (.zip or .xlsx) and try again"
    if kind == "ole":
        return "save it without a password as .xlsx or CSV"
    if kind == "parquet":
        return "name it .parquet and try again"
    if kind == "gzip":
        return "add .gz to its name and try again"
    return "save its content as text, CSV or JSON first"
