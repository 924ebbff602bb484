"""Explanations as files, read back; texts from outside stay texts."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import numpy as np
import pytest

from tokapp.documents import Attribution, Target
from tokapp.explanations.export import attribution_to_record, write_csv, write_json, write_png, write_svg


def attribution_of(text: str, *, kind: str = "span") -> Attribution:
    """An attribution over the blank-separated words of a text; the second word is the target."""
    words, place = [], 0
    for word in text.split(" "):
        words.append((place, place + len(word)))
        place += len(word) + 1
    values = tuple(float(value) for value in np.linspace(-1.5, 2.0, len(words)))
    target = Target("span", "feature", *words[1]) if kind == "span" else Target("document", "spam")
    return Attribution(
        document_id="r-1",
        model="reviews",
        target=target,
        words=tuple(words),
        texts=tuple(text[start:end] for start, end in words),
        values=values,
        errors=(0.3,) * len(words),
        base_value=-2.0,
        output_value=-2.0 + sum(values),
        evaluations=128,
    )


HOSTILE = (
    "=cmd|'/C x'!A0 <script>alert(1)</script> $\\frac{a}{$ </text> {boom} %s 😀 a\u0301 مرحبا \ud83d \x00 日本 _x^2$"
)


def test_the_record_has_everything_a_reader_needs() -> None:
    record = attribution_to_record(attribution_of("please fix search"))
    assert record["target"] == {"kind": "span", "label": "feature", "start": 7, "end": 10}
    assert record["words"] == [
        {"start": 0, "end": 6, "text": "please", "value": -1.5, "error": 0.3},
        {"start": 7, "end": 10, "text": "fix", "value": 0.25, "error": 0.3},
        {"start": 11, "end": 17, "text": "search", "value": 2.0, "error": 0.3},
    ]
    assert (record["base_value"], record["output_value"], record["evaluations"]) == (-2.0, -1.25, 128)


def test_a_document_target_has_no_offsets() -> None:
    record = attribution_to_record(attribution_of("win money now", kind="document"))
    assert record["target"] == {"kind": "document", "label": "spam"}


def test_a_record_says_what_a_decision_stands_against_and_where_its_words_lie() -> None:
    plain = attribution_of("thirty days only")
    one = replace(plain, target=replace(plain.target, kind="end", against="O", over="sources"), parts=(0, 1, 2))
    record = json.loads(write_json([one]))[0]
    place = {"start": 7, "end": 11}
    assert record["target"] == {"kind": "end", "label": "feature", **place, "against": "O", "over": "sources"}
    assert [word["part"] for word in record["words"]] == [0, 1, 2]
    rows = list(csv.DictReader(io.StringIO(write_csv([one]).decode())))
    assert [(row["target"], row["against"], row["over"], row["part"]) for row in rows] == [
        ("end", "O", "sources", str(part)) for part in range(3)
    ]
    assert write_png(one).startswith(b"\x89PNG")


def test_json_reads_back_whatever_the_text_holds() -> None:
    attribution = attribution_of(HOSTILE)
    record = json.loads(write_json([attribution, attribution]))[1]
    assert [word["text"] for word in record["words"]] == list(attribution.texts)
    assert record["base_value"] + sum(word["value"] for word in record["words"]) == pytest.approx(
        record["output_value"]
    )


def test_csv_reads_back_and_runs_nothing_in_a_spreadsheet() -> None:
    attribution = attribution_of(HOSTILE.replace("\ud83d", "x"))
    rows = list(csv.DictReader(io.StringIO(write_csv([attribution]).decode("utf-8"), newline="")))
    assert rows[0]["text"] == "'" + attribution.texts[0]
    assert [row["text"] for row in rows[1:]] == list(attribution.texts[1:])
    assert [float(row["value"]) for row in rows] == list(attribution.values)
    assert rows[0]["target_start"] == str(attribution.target.start)


def test_csv_of_a_document_target_leaves_offsets_empty_and_survives_half_a_pair() -> None:
    rows = list(csv.DictReader(io.StringIO(write_csv([attribution_of(HOSTILE, kind="document")]).decode("utf-8"))))
    assert rows[0]["target_start"] == "" and rows[0]["target"] == "document"


@pytest.mark.parametrize("kind", ["span", "document"])
@pytest.mark.parametrize("text", ["please fix search", HOSTILE, "a\nb c\td", "long " * 120 + "x" * 5000])
def test_a_picture_is_drawn_of_any_text(text: str, kind: str) -> None:
    from matplotlib.image import imread

    image = imread(io.BytesIO(write_png(attribution_of(text.strip(), kind=kind))))
    assert image.shape[1] == 1080
    assert 200 < image.shape[0] < 4000
    assert len(np.unique(image[:, :, :3].reshape(-1, 3), axis=0)) > 20


def test_a_picture_takes_dollars_and_underscores_as_they_are() -> None:
    """As formulas these would be drawn otherwise or fail: the picture differs only where the characters do."""
    broken = replace(attribution_of("a b"), texts=(r"$\undefined{", r"$x_2$"))
    assert write_png(broken) != write_png(replace(broken, texts=(r"\undefined{", "x2")))


def test_an_explanation_without_words_is_still_a_picture() -> None:
    empty = replace(attribution_of("a b", kind="document"), words=(), texts=(), values=(), errors=(), output_value=-2.0)
    assert write_png(empty).startswith(b"\x89PNG")


def test_an_svg_of_hostile_words_is_xml_that_runs_and_loads_nothing() -> None:
    written = write_svg(attribution_of(HOSTILE + " -- --> <!-- ]]> &amp; \x07 $$"))
    names = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(written).iter()}
    assert "path" in names and not names & {"script", "image", "foreignObject", "a", "text"}
    assert b"http" not in written.replace(b"http://www.w3.org/", b"").replace(b"http://purl.org/", b"").replace(
        b"http://creativecommons.org/ns#", b""
    ).replace(b"https://matplotlib.org/", b"")
    assert written == write_svg(attribution_of(HOSTILE + " -- --> <!-- ]]> &amp; \x07 $$"))
