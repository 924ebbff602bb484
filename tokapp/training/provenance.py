"""What a version learnt from, as a record that is stored with it and can be checked later."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256

from tokapp.documents import Document, Json


def data_record(
    train: Sequence[Document], validation: Sequence[Document], known: Mapping[str, Json] | None = None
) -> dict[str, Json]:
    """What is known of the documents, how many there are on each side, and a hash of each side's content."""
    sides = {"train": train, "validation": validation}
    return {
        **(known or {}),
        "documents": {side: len(documents) for side, documents in sides.items()},
        "hashes": {side: content_of(documents) for side, documents in sides.items()},
    }


def content_of(documents: Iterable[Document]) -> str:
    """SHA-256 over texts and everything that people said of them, whatever the order and the names of documents."""
    digests = sorted(sha256(json.dumps(_said(one)).encode()).hexdigest() for one in documents)
    return sha256("\n".join(digests).encode()).hexdigest()


def _said(document: Document) -> list[Json]:
    spans: list[Json] = [[*span.key, span.group] for span in sorted(document.spans)]
    reasons: list[Json] = [[*one.order[1:], one.label] for one in sorted(document.reasons, key=lambda one: one.order)]
    return [document.hash, spans, document.label, document.is_reviewed, reasons]
