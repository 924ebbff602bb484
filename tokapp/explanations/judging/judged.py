"""What a judging job found, document by document: lines of a file that later attempts and pages read."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter

from tokapp.explanations.judging.ledgers import DocumentLedger
from tokapp.explanations.judging.self_consistency import Consistency


@dataclass(frozen=True, slots=True)
class JudgedDocument:
    """What was found about one document of the store: the numbers behind the means, and its reasons."""

    pk: int
    ledger: DocumentLedger
    reasons: list[Consistency] = field(default_factory=list)


_JUDGED = TypeAdapter(JudgedDocument)


def write_judged(found: JudgedDocument) -> bytes:
    """The line of a document."""
    return _JUDGED.dump_json(found) + b"\n"


def read_judged(file: Path) -> list[JudgedDocument]:
    """The findings in a job's file, document by document; a last line that is being written is left out."""
    if not file.exists():
        return []
    return [_JUDGED.validate_json(line) for line in file.read_bytes().split(b"\n")[:-1]]
