"""spaCy: one `Doc.to_json()` object a line, which `Doc(vocab).from_json(...)` reads.

All spans stand in the span group "sc" (spaCy's default group, where they may nest and overlap); those that do not
overlap stand in `ents` too. Tokens are our words, cut where spans begin or end, since spaCy only keeps spans on token
edges; white space beyond one blank is one token of its own, as spaCy has it, so that edges in white space move to the
next word. Document labels are `cats`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, BinaryIO

from tokapp.documents import Document, Json, Offset, Span
from tokapp.formats.conversion import loses_groups
from tokapp.formats.reading import Format
from tokapp.formats.reasons import loses_reasons
from tokapp.words import split_words

GROUP = "sc"


def write(documents: Iterable[Document], stream: BinaryIO) -> None:
    """One object a line, UTF-8."""
    for document in documents:
        stream.write((json.dumps(_doc(document), ensure_ascii=False, allow_nan=False) + "\n").encode("utf-8"))


def _doc(document: Document) -> dict[str, Any]:
    tokens = _tokens(document.text, document.spans)
    spans = sorted({held for _, held in _on_edges(document, tokens) if held is not None})
    meta = {"id": document.id, "status": "labelled" if document.is_reviewed else "", "meta": dict(document.meta)}
    return {
        "text": document.text,
        "tokens": [{"id": number, "start": start, "end": end} for number, (start, end) in enumerate(tokens)],
        "ents": [_span(span) for span in flat_spans(spans)],
        "spans": {GROUP: [_span(span) | {"kb_id": ""} for span in spans]},
        "cats": {document.label: 1.0} if document.label else {},
        "meta": meta,
    }


def _span(span: Span) -> dict[str, Any]:
    return {"start": span.start, "end": span.end, "label": span.label}


def flat_spans(spans: Sequence[Span]) -> list[Span]:
    """The spans that stay when overlaps are dissolved: the longest first, then the earliest; in reading order."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.start - one.end, one.start, one.label)):
        if not any(span.overlaps(other) for other in kept):
            kept.append(span)
    return sorted(kept)


def _tokens(text: str, spans: Sequence[Span]) -> list[Offset]:
    """Words cut at span edges, with one token for all white space between two, but for the blank after a word."""
    edges = {edge for span in spans for edge in (span.start, span.end)}
    tokens: list[Offset] = []
    for start, end in split_words(text):
        _add_gap(text, start, tokens)
        cuts = [start, *sorted(edge for edge in edges if start < edge < end), end]
        tokens.extend(pairwise(cuts))
    _add_gap(text, len(text), tokens)
    return tokens


def _add_gap(text: str, until: int, tokens: list[Offset]) -> None:
    start = tokens[-1][1] if tokens else 0
    if tokens and text[start:until].startswith(" "):
        start += 1
    if start < until:
        tokens.append((start, until))


def _on_edges(document: Document, tokens: Sequence[Offset]) -> list[tuple[Span, Span | None]]:
    """Each span with what spaCy holds of it: edges in white space move to the words; None if nothing is left."""
    text = document.text
    starts, ends = {start for start, _ in tokens}, {end for _, end in tokens}
    held: list[tuple[Span, Span | None]] = []
    for span in document.spans:
        start, end = span.start, span.end
        if start not in starts:
            start = end - len(text[start:end].lstrip())
        if end not in ends:
            end = start + len(text[start:end].rstrip())
        held.append((span, Span(start, end, span.label) if start < end else None))
    return held


def native(value: Mapping[str, Json]) -> Mapping[str, Json]:
    """A spaCy object as a record of ours; anything else as it is."""
    is_spacy = isinstance(value.get("tokens"), list) and ("ents" in value or isinstance(value.get("spans"), dict))
    if not is_spacy or not isinstance(value.get("text"), str):
        return value
    record: dict[str, Json] = {"text": value["text"], "spans": _quoted_spans(value)}
    meta = value.get("meta")
    if isinstance(meta, Mapping):
        is_ours = set(meta) == {"id", "status", "meta"}
        record.update(meta if is_ours else {"id": meta.get("id"), "meta": meta})
    cats = value.get("cats")
    if isinstance(cats, Mapping) and cats:
        best = max(cats, key=lambda name: float(cats[name] or 0))  # type: ignore[arg-type]  # a number, else ValueError
        record["label"] = best
    return record


def _quoted_spans(value: Mapping[str, Json]) -> list[Json]:
    """The spans with their text, which settles that spaCy counts code points."""
    text = str(value["text"])
    groups = value.get("spans")
    found: list[Json] = []
    if isinstance(groups, Mapping):
        found = [span for group in groups.values() if isinstance(group, list) for span in group]
    if not found and isinstance(entities := value.get("ents"), list):
        found = list(entities)
    return [_quoted(span, text) for span in found]


def _quoted(span: Json, text: str) -> Json:
    if not isinstance(span, Mapping):
        return span
    start, end = span.get("start"), span.get("end")
    if isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(text):
        return {**span, "text": text[start:end]}
    return span


def losses(document: Document) -> Iterator[tuple[str, str]]:
    """What spaCy has no place for."""
    if document.question is not None:
        yield "the question is not written", ""
    if document.contexts:
        yield "the context is not written", ""
    if any(span.score is not None for span in document.spans):
        yield "scores of spans are not written", ""
    yield from loses_reasons(document)
    yield from loses_groups(document)
    if len(flat_spans(document.spans)) < len(document.spans):
        yield "overlapping spans stand only in the span group 'sc', not in ents", ""
    for span, held in _on_edges(document, _tokens(document.text, document.spans)):
        if held is None or held.key != span.key:
            yield (
                "spans lose white space at their edges, since spaCy has only tokens",
                f"{document.id} [{span.start}, {span.end}) {span.label}",
            )
    if document.label == "":
        yield "an empty label becomes no label", ""


FORMAT = Format("spacy", "spaCy JSONL", (".spacy.jsonl",), None, write, losses)
