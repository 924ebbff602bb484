"""Explanations as files: JSON (everything), CSV (one line per word), PNG and SVG (pictures for a report)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

from tokapp.documents import Attribution, Document, Json, Prediction, Target
from tokapp.explanations.methods import OURS
from tokapp.explanations.picture import draw
from tokapp.formats.delimited import guarded
from tokapp.formats.predictions import prediction_record


def attribution_to_record(attribution: Attribution) -> dict[str, Json]:
    """The JSON form of an attribution; words in reading order, values in log-odds, `error` one standard error.

    `method` stands there where it is another than the default.
    """
    words = zip(attribution.words, attribution.texts, attribution.values, attribution.errors, strict=True)
    method: dict[str, Json] = {} if attribution.method == OURS else {"method": attribution.method}
    return {
        "target": target_to_record(attribution.target),
        "words": [
            {"start": start, "end": end, "text": text, "value": value, "error": error, **part}
            for ((start, end), text, value, error), part in zip(words, _parts(attribution), strict=True)
        ],
        "base_value": attribution.base_value,
        "output_value": attribution.output_value,
        "evaluations": attribution.evaluations,
        "exact": attribution.exact,
        "model": attribution.model,
        "seed": attribution.seed,
        **method,
    }


def explanation_record(document: Document, prediction: Prediction, found: Iterable[Attribution]) -> dict[str, Any]:
    """The JSONL record of a predicted document with its `attributions` added."""
    return {**prediction_record(document, prediction), "attributions": [attribution_to_record(one) for one in found]}


def target_to_record(target: Target) -> dict[str, Json]:
    """The JSON form of a target: a document target has no start and end; `against` and `over` where they say more."""
    place: dict[str, Json] = {"start": target.start, "end": target.end} if target.has_place else {}
    against: dict[str, Json] = {"against": target.against} if target.against else {}
    over: dict[str, Json] = {"over": target.over} if target.over != "text" else {}
    return {"kind": target.kind, "label": target.label, **place, **against, **over}


def _parts(attribution: Attribution) -> list[dict[str, Json]]:
    """For each word the piece it lies in, where that is not the text: 0 the question, else the number of a passage."""
    return [{"part": part} for part in attribution.parts] or [{} for _ in attribution.words]


def write_json(attributions: Sequence[Attribution]) -> bytes:
    """A JSON array of records, ASCII only (so that even half a surrogate pair survives), ending with a newline."""
    records = [{"id": one.document_id, **attribution_to_record(one)} for one in attributions]
    return (json.dumps(records, indent=1) + "\n").encode("ascii")


def write_csv(attributions: Sequence[Attribution]) -> bytes:
    """UTF-8 with a header, one line per word of each attribution; texts a spreadsheet would run are guarded."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(
        (
            *("id", "target", "label", "target_start", "target_end", "start", "end", "text", "value", "error"),
            *("base_value", "output_value", "evaluations", "model", "against", "over", "part"),
        )
    )
    for one in attributions:
        target, parts = one.target, one.parts or [""] * len(one.words)
        about = [guarded(one.document_id), target.kind, guarded(target.label)]
        about += [str(target.start), str(target.end)] if target.has_place else ["", ""]
        result = [repr(one.base_value), repr(one.output_value), str(one.evaluations), guarded(one.model)]
        result += [guarded(target.against), target.over]
        words = zip(one.words, one.texts, one.values, one.errors, parts, strict=True)
        for (start, end), text, value, error, part in words:
            writer.writerow([*about, start, end, guarded(text), repr(value), repr(error), *result, part])
    return stream.getvalue().encode("utf-8", "replace")


def write_png(attribution: Attribution) -> bytes:
    """A picture: the words on coloured ground, and bars of the strongest with two standard errors."""
    return draw(attribution)


def write_svg(attribution: Attribution) -> bytes:
    """The same picture as lines and outlines, which stay sharp at any size."""
    return draw(attribution, "svg")
