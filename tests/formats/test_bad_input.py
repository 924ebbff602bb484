"""Every kind of bad input: a clear message with file, line and advice, and the good rows go in."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import zipfile
from pathlib import Path

import pytest

from tokapp.errors import BadInput
from tokapp.formats import (
    ColumnMapping,
    ReadReport,
    failures_table,
    iter_documents,
    read_documents,
    read_report,
)

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4


def read(content: bytes | str, name: str, task: str | None = None) -> ReadReport:
    return read_report(content.encode() if isinstance(content, str) else content, task, name=name)


def texts(report: ReadReport) -> list[str]:
    return [document.text for document in report.documents]


def packed(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


@pytest.mark.parametrize(
    "name", ["a.csv", "a.jsonl", "a.json", "a.txt", "a.xlsx", "a.parquet", "a.eml", "a.mbox", "a.zip"]
)
def test_an_empty_file_is_named_as_such(name: str) -> None:
    with pytest.raises(BadInput, match=rf"{name}: the file is empty"):
        read(b"", name)


@pytest.mark.parametrize(
    ("content", "name", "what"),
    [
        (PNG, "photo.csv", "a PNG picture, not CSV"),
        (b"%PDF-1.7\n%\xe2\xe3", "paper.txt", "a PDF document, not Text"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "old.xlsx", "an old Office document"),
        (packed({"a.txt": b"x"}), "data.csv", "a ZIP archive"),
        (gzip.compress(b"text\nhello", mtime=0), "data.csv", "add .gz to its name"),
        (random.Random(1).randbytes(3000), "noise.jsonl", "binary data"),
        (b"text\n" + b"\0\1\2\3" * 900, "nul.tsv", "binary data"),
        (b"id,text\n1,hello", "table.xlsx", "is no Excel workbook"),
        (b"id,text\n1,hello", "table.parquet", "is no Parquet"),
        (b"PK\x03\x04" + b"rubbish" * 30, "broken.xlsx", "save it again"),
        (b"PK\x03\x04" + b"rubbish" * 30, "broken.zip", "damaged"),
        (b"PAR1" + b"rubbish" * 30, "broken.parquet", "no readable Parquet"),
        (b"hello there", "letter.eml", "first line is no header"),
        (b"Subject: hello\n\nthere", "letters.mbox", "name a single mail .eml"),
        (b"{]", "broken.json", "no JSON"),
        (b"3", "number.json", "no list of documents"),
        (b"[" * 100_000, "deep.json", "nested too deeply"),
        (b"hello", "notes.docx", "files of this kind are not read"),
        (gzip.compress(b"text\nhello\n" * 9000, mtime=0)[:90], "cut.csv.gz", "damaged or cut off"),
    ],
)
def test_a_file_that_is_something_else_is_refused_by_name(content: bytes, name: str, what: str) -> None:
    with pytest.raises(BadInput) as error:
        read(content, name)
    assert str(error.value).startswith(name)
    assert what in str(error.value)


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file"):
        read_documents(tmp_path / "nothing.csv")
    with pytest.raises(BadInput, match="is a folder"):
        read_documents(tmp_path)


def test_rows_without_text_fail_with_their_line_and_the_others_go_in() -> None:
    report = read('id,text\n1,good\n2,\n3,"  \t"\n4,fine\n', "reviews.csv", "reviews")
    assert texts(report) == ["good", "fine"]
    assert [failure.where for failure in report.failures] == ["reviews.csv, line 3", "reviews.csv, line 4"]
    assert all("text is empty" in failure.reason for failure in report.failures)
    assert report.failures[0].raw == "2,\n"


def test_a_broken_quote_costs_its_own_line_only() -> None:
    report = read('id,text\n1,one\n2,"a" b\n3,three\n4,"never closed\n5,five\n', "a.csv")
    assert texts(report) == ["one", "three", "five"]
    assert [(failure.place, failure.raw) for failure in report.failures] == [
        ("line 3", '2,"a" b\n'),
        ("line 5", '4,"never closed\n'),
    ]
    assert ["twice" in report.failures[0].reason, "never closed" in report.failures[1].reason] == [True, True]


def test_a_row_with_too_many_cells_fails_instead_of_losing_them() -> None:
    report = read("id,text\n1,one, two\n2,three\n", "a.csv")
    assert texts(report) == ["three"]
    assert "3 cells under 2 columns" in report.failures[0].reason


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_the_encoding_is_found(encoding: str) -> None:
    text = "Très déçu : l’écran « se fige » à la connexion, où est l’équipe ? " * 3
    report = read(f'id,text\n1,"{text}"\n'.encode(encoding), "avis.csv")
    assert texts(report) == [text]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("shift_jis", "このアプリはとても便利ですが、検索機能が遅いです。改善してください。" * 4),
        ("cp1251", "Приложение отличное, но поиск работает слишком медленно. Исправьте, пожалуйста. " * 4),
        ("gb18030", "这个应用程序很好用，但是搜索功能太慢了，希望能够改进。" * 4),
    ],
)
def test_other_encodings_are_guessed_and_the_guess_is_said(encoding: str, text: str) -> None:
    report = read(f'id,text\n1,"{text}"\n'.encode(encoding), "a.csv")
    assert texts(report) == [text]
    assert any("guess" in note for note in report.notes)


def test_bytes_like_a_mark_in_the_middle_of_a_file_make_it_no_utf16() -> None:
    report = read(b"text\n\xff\xfe\x80", "a.csv")
    assert "16" not in report.encoding and any("guess" in note for note in report.notes)


def test_an_encoding_can_be_chosen_and_an_unknown_one_is_refused() -> None:
    content = "id,text\n1,caf\u00e9 \u017elut\u00fd\n".encode("cp1250")
    assert texts(read_report(content, name="a.csv", encoding="cp1250")) == ["café žlutý"]
    with pytest.raises(BadInput, match="no encoding"):
        read_report(content, name="a.csv", encoding="klingon")


def test_some_bytes_that_are_not_utf8_fail_their_row_only() -> None:
    rows = [f"{number},größer und schöner {number}\n".encode() for number in range(50)]
    rows[20] = b"20,broken \xff\xfe bytes\n"
    report = read(b"id,text\n" + b"".join(rows), "a.csv")
    assert len(report.documents) == 49
    assert report.failures[0].where == "a.csv, line 22"
    assert "does not fit the file's encoding" in report.failures[0].reason


def test_bytes_that_end_a_wide_encoding_are_a_failure_and_no_traceback() -> None:
    content = "id,text\n1,hello\n2,there\n".encode("utf-16") + b"3\x00,\x00\x00\xd8"
    report = read(content, "a.csv")
    assert texts(report) == ["hello", "there"]
    assert "choose another encoding" in report.failures[-1].reason


def test_a_cell_of_a_megabyte_goes_in_whole() -> None:
    cell = "word " * 220_000
    assert texts(read(f'id,text\n1,"{cell}"\n', "big.csv")) == [cell]
    assert texts(read(json.dumps({"text": cell}) + "\n", "big.jsonl")) == [cell]


def test_nul_characters_are_kept_and_said() -> None:
    for content, name in [('id,text\n1,"a\0b"\n', "a.csv"), ('{"text": "a\\u0000b"}\n', "a.jsonl")]:
        report = read(content, name)
        assert texts(report) == ["a\0b"]
        assert any("NUL" in note for note in report.notes)


@pytest.mark.parametrize(
    "record",
    [
        {"text": "half \ud800 pair"},
        {"text": "fine", "meta": {"deep": ["\udfff"]}},
        {"text": "fine", "id": "\ud83d"},
        {"text": "fine", "question": "\ud800"},
        {"text": "fine", "context": ["a", "\ud800"]},
    ],
)
def test_a_lone_surrogate_fails_its_row(record: dict[str, object]) -> None:
    report = read(json.dumps({"text": "good"}) + "\n" + json.dumps(record) + "\n", "a.jsonl")
    assert texts(report) == ["good"]
    assert "half of a pair" in report.failures[0].reason
    failures_table(report.failures).decode("utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "unix\nwindows\r\nold mac\rend",
        "  outer blanks kept\t",
        "emoji 👩‍👩‍👧‍👦 and 🏳️‍🌈 and e\u0301 combining",
        "עברית with English וגם עוד",
        "\u202eright to left override",
        '=cmd|"/c calc"!A1',
        "<script>alert(1)</script><b>bold</b> &amp; &lt;",
        "\ufeffmark inside",
        "line\u2028separator\u0085next",
    ],
)
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.json", "a.txt"])
def test_text_is_never_touched(text: str, name: str) -> None:
    content = {
        "a.csv": 'id,text\n1,"' + text.replace('"', '""') + '"\n',
        "a.jsonl": json.dumps({"text": text}, ensure_ascii=False) + "\n",
        "a.json": json.dumps([{"text": text}]),
        "a.txt": text if not text.startswith("\ufeff") else "x" + text,
    }[name]
    found = texts(read(content.encode(), name))
    assert found == [content if name == "a.txt" else text]


def test_hostile_names_are_data_and_messages_stay_printable() -> None:
    name = "../<script>alert(1)</script>\u202e\x07.csv"
    report = read("id,text\n<img src=x>,<script>x</script>\n2,\n", name)
    assert report.documents[0].id == "<img src=x>"
    assert report.documents[0].text == "<script>x</script>"
    assert report.failures[0].where.isprintable()
    assert ".." not in report.failures[0].file


@pytest.mark.parametrize(
    ("spans", "reason"),
    [
        ([{"start": 0, "end": 99, "label": "feature"}], "ends after the text"),
        ([{"start": -1, "end": 2, "label": "feature"}], "is empty"),
        ([{"start": 2, "end": 2, "label": "feature"}], "is empty"),
        ([{"start": 3, "end": 1, "label": "feature"}], "is empty"),
        ([{"start": "x", "end": 2, "label": "feature"}], "whole number"),
        ([{"start": True, "end": 2, "label": "feature"}], "whole number"),
        ([{"start": 0, "label": "feature"}], "whole number"),
        ([{"start": 0, "end": 2}], "label"),
        ([{"start": 0, "end": 2, "label": "bug"}], "'bug' is not in task reviews: feature"),
        ([7], "write an object"),
        (7, "no list"),
        ("[{", "no JSON"),
        ([{"start": 0, "end": 4, "label": "feature", "text": "nope"}], "says it covers 'nope'"),
    ],
)
def test_a_bad_span_fails_its_row(spans: object, reason: str) -> None:
    lines = [{"id": "bad", "text": "good app", "spans": spans}, {"id": "good", "text": "good app"}]
    report = read("".join(json.dumps(line) + "\n" for line in lines), "a.jsonl", "reviews")
    assert [document.id for document in report.documents] == ["good"]
    assert report.failures[0].where == "a.jsonl, line 1"
    assert reason in report.failures[0].reason


def test_overlapping_spans_are_fine_and_repeated_ones_are_taken_once() -> None:
    spans = [{"start": 0, "end": 8, "label": "feature"}, {"start": 5, "end": 8, "label": "feature"}] * 2
    report = read(json.dumps({"text": "good app", "spans": spans}), "a.jsonl", "reviews")
    assert [span.key for span in report.documents[0].spans] == [(0, 8, "feature"), (5, 8, "feature")]
    assert any("twice" in note for note in report.notes)


def test_a_document_label_the_task_does_not_know_fails_its_row() -> None:
    report = read("id,text,label\n1,hello,ham\n2,there,tasty\n", "mail.csv", "emails")
    assert [document.label for document in report.documents] == ["ham"]
    assert "'tasty' is not in task emails: ham, spam, phishing" in report.failures[0].reason


def test_lines_that_are_no_json_fail_alone() -> None:
    content = '{"text": "one"}\nrubbish\n[1]\n{"text": 5}\n{"text": "a", "score": NaN}\n\n"two"\n{"texts": 1}'
    report = read(content, "a.jsonl")
    assert texts(report) == ["one", "two"]
    assert [failure.place for failure in report.failures] == ["line 2", "line 3", "line 4", "line 5", "line 8"]
    assert "no JSON: Expecting value at character 1" in report.failures[0].reason


def test_a_json_array_cut_off_in_the_middle_gives_what_stands_before() -> None:
    report = read('[{"text": "one"}, {"text": "two"}, {"te', "a.json")
    assert texts(report) == ["one", "two"]
    assert "nothing after it could be read" in report.failures[0].reason


def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "huge.csv"
    with file.open("wb") as stream:
        stream.truncate(2**30)
    with pytest.raises(BadInput, match=r"huge.csv: 1 GB are more than 200 MB: split it, or use `tokapp import`"):
        next(iter_documents(file, max_bytes=200 * 2**20))


def test_a_json_file_that_cannot_be_held_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokapp.formats.json_file.WHOLE_LIMIT", 100)
    with pytest.raises(BadInput, match="write one object a line"):
        read(json.dumps([{"text": "word " * 50}]), "a.json")


def test_a_packed_table_that_unfolds_too_far_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokapp.formats.source.UNPACKED_LIMIT", 2**20)
    with pytest.raises(BadInput, match="unpacks to more than"):
        read(gzip.compress(b"id,text\n" + b"1,hello\n" * 400_000), "bomb.csv.gz")


def test_a_zip_bomb_is_refused_before_anything_is_unfolded() -> None:
    with pytest.raises(BadInput, match=r"unfolds to \d+ times its size"):
        read(packed({"bomb.txt": b"0" * 30_000_000}), "bomb.zip")


def test_too_many_files_in_a_zip_are_refused() -> None:
    with pytest.raises(BadInput, match="holds 10001 files"):
        read(packed({f"{number}.txt": b"" for number in range(10_001)}, zipfile.ZIP_STORED), "many.zip")


def test_members_of_a_zip_that_are_not_safe_or_not_readable_fail_alone(tmp_path: Path) -> None:
    members = {
        "good.txt": b"hello",
        "../../evil.txt": b"escape",
        "/etc/evil.txt": b"absolute",
        "C:\\evil.txt": b"drive",
        "inner.zip": packed({"a.txt": b"x"}),
        "photo.png": PNG,
        "empty.txt": b"",
        "folder/table.csv": b"id,text\n1,one\n2,\n",
        "__MACOSX/x": b"noise",
    }
    report = read(packed(members), "pile.zip")
    assert texts(report) == ["hello", "one"]
    reasons = {failure.where: failure.reason for failure in report.failures}
    assert len(reasons) == 7
    assert sum("not safe" in reason for reason in reasons.values()) == 3
    assert "not opened" in reasons["pile.zip, inner.zip"]
    assert "not read" in reasons["pile.zip/photo.png"]
    assert "empty" in reasons["pile.zip/folder/table.csv, line 3"]
    assert not list(tmp_path.parent.rglob("evil.txt"))


def test_a_zip_with_a_password_says_so() -> None:
    content = bytearray(packed({"a.txt": b"secret"}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.find(mark) + offset] |= 1
    report = read(bytes(content), "locked.zip")
    assert "has a password" in report.failures[0].reason


def test_a_damaged_member_fails_alone() -> None:
    content = bytearray(packed({"a.txt": b"first" * 50, "b.txt": b"second"}, zipfile.ZIP_STORED))
    content[content.find(b"first") + 3] ^= 255
    report = read(bytes(content), "a.zip")
    assert texts(report) == ["second"]
    assert "damaged" in report.failures[0].reason


def test_the_failures_can_be_downloaded_and_opened_safely() -> None:
    report = read("id,text\n=1+1,\n", "a.csv")
    header, row = csv.reader(io.StringIO(failures_table(report.failures).decode(), newline=""))
    assert header == ["file", "place", "reason", "content"]
    assert row[:2] == ["a.csv", "line 2"]
    assert row[3] == "'=1+1,\n"


def test_ids_that_come_again_get_a_number_and_missing_ones_are_made_of_file_and_row() -> None:
    report = read("id,text\na,one\na,two\n,three\na#2,four\n", "b.csv")
    ids = [document.id for document in report.documents]
    assert ids[:3] == ["a", "a#2", "b-3"]
    assert len(set(ids)) == 4
    assert any("id that came before" in note for note in report.notes)


def test_nothing_usable_is_an_error_with_the_first_reason() -> None:
    with pytest.raises(BadInput, match=r"the text is empty.*none of 2 documents is usable"):
        read_documents(named(b"id,text\n1,\n2,\n"))
    with pytest.raises(BadInput, match="no documents"):
        read_documents(named(b"id,text\n"))


def named(content: bytes, name: str = "a.csv") -> io.BytesIO:
    """An open file as a browser's upload gives it."""
    stream = io.BytesIO(content)
    stream.name = name
    return stream


def test_a_mapping_that_does_not_fit_says_what_there_is() -> None:
    content = b"a,b\nhello there you,2\n"
    with pytest.raises(BadInput, match="there is no column 'c'; the file has: a, b"):
        read_report(content, name="a.csv", mapping=ColumnMapping(text="c"))
    with pytest.raises(BadInput, match="cannot be mapped to colour"):
        read_report(content, name="a.csv", mapping={"colour": "a"})
    report = read_report(content, name="a.csv", mapping={"text": "b", "id": "a"})
    assert [(one.id, one.text) for one in report.documents] == [("hello there you", "2")]
