"""Each format read as people and programs write it: columns, sheets, lists, mails, tags."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest

from tokapp.formats import ColumnMapping, iter_documents, preview, read_documents, read_report
from tokapp.formats.html_text import html_to_text


def texts(content: bytes | str, name: str, **options: object) -> list[str]:
    data = content.encode() if isinstance(content, str) else content
    report = read_report(data, name=name, **options)  # type: ignore[arg-type]  # the options of the test's table
    assert report.failures == []
    return [document.text for document in report.documents]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    rows = [["id", "review", "stars"], ["1", "good, really; good", "5"], ["2", "bad", "1"]]
    content = "\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows)
    report = read_report(content.encode(), name="a.csv")
    assert report.delimiter == delimiter
    assert [one.text for one in report.documents] == ["good, really; good", "bad"]
    assert report.documents[0].meta == {"stars": "5"}


def test_line_breaks_inside_quotes_are_kept_and_line_numbers_count_them() -> None:
    report = read_report(b'id,text\r\n1,"one\r\ntwo\nthree"\r\n2,\r\n', name="a.csv")
    assert report.documents[0].text == "one\r\ntwo\nthree"
    assert report.failures[0].place == "line 5"


def test_a_table_without_names_is_read_with_numbered_columns() -> None:
    report = read_report(b'Great app, I love it!\n"Bad, really."\n', name="a.tsv")
    assert [one.text for one in report.documents] == ["Great app, I love it!", '"Bad, really."'] or report.documents
    assert any("numbered" in note for note in report.notes)


def test_a_single_column_keeps_its_commas_without_quotes() -> None:
    assert texts('review\nfast, small\n"quoted, too"\n', "a.csv") == ["fast, small", "quoted, too"]


def test_columns_are_guessed_and_can_be_mapped() -> None:
    content = b"nr,opinion,kind,who\n1,too slow today,bug,anna\n2,nice and quick,praise,ben\n"
    guessed = preview(content, "a.csv")
    assert guessed.columns == ("nr", "opinion", "kind", "who")
    assert guessed.mapping.text == "opinion"
    assert guessed.rows[0] == ("1", "too slow today", "bug", "anna")
    mapping = ColumnMapping(text="opinion", id="nr", label="kind", group="who", meta=())
    report = read_report(content, name="a.csv", mapping=mapping)
    first = report.documents[0]
    assert (first.id, first.label, first.meta) == ("1", "bug", {"group": "anna"})


def test_a_field_that_a_choice_does_not_name_stays_guessed() -> None:
    content = b'{"id": "x", "body": "a b", "title": "t u", "status": "labelled", "spans": []}\n'
    report = read_report(content, "reviews", name="a.jsonl", mapping={"text": "title", "id": None})
    document = report.documents[0]
    assert (document.text, document.id, document.is_reviewed) == ("t u", "a-1", True)
    assert document.meta == {"id": "x", "body": "a b"}


def test_a_question_and_its_passages_are_found() -> None:
    record = {"question": "Who?", "contexts": ["p1", "p2"], "answer": "Anna did.", "ground_truth": "Anna"}
    document = read_report(json.dumps([record]).encode(), "rag", name="a.json").documents[0]
    assert (document.text, document.question, document.contexts) == ("Anna did.", "Who?", ("p1", "p2"))
    assert document.meta == {"ground_truth": "Anna"}


def test_a_label_column_is_no_label_where_the_task_has_none() -> None:
    document = read_report(b"text,label\nnice app,5\n", "reviews", name="a.csv").documents[0]
    assert (document.label, document.meta) == (None, {"label": "5"})


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('[{"text": "a"}, {"text": "b"}]', ["a", "b"]),
        ('["a", "b"]', ["a", "b"]),
        ('{"documents": [{"text": "a"}, {"text": "b"}], "other": [1]}', ["a", "b"]),
        ('{"text": "a"}', ["a"]),
        ('{"text": "a"}\n{"text": "b"}\n', ["a", "b"]),
        ('\ufeff[{"text": "a"}]', ["a"]),
    ],
)
def test_json_comes_in_several_shapes(content: str, expected: list[str]) -> None:
    assert texts(content, "a.json") == expected


@pytest.mark.parametrize(
    "record",
    [
        {"text": "good app", "label": [[5, 8, "feature"]]},
        {"text": "good app", "entities": [[5, 8, "feature"]]},
        {"text": "good app", "entities": [{"label": "feature", "start_offset": 5, "end_offset": 8, "id": 1}]},
        {"text": "good app", "spans": {"sc": [{"start": 5, "end": 8, "label": "feature", "kb_id": ""}]}},
        {"text": "good app", "ents": [{"start": 5, "end": 8, "label": "feature"}], "tokens": []},
    ],
)
def test_spans_of_other_tools_are_understood(record: dict[str, object]) -> None:
    document = read_report(json.dumps(record).encode(), "reviews", name="a.jsonl").documents[0]
    assert [span.key for span in document.spans] == [(5, 8, "feature")]


def test_when_a_document_counts_as_reviewed() -> None:
    lines = [
        {"text": "a b", "spans": []},
        {"text": "a b", "spans": [], "status": "labelled"},
        {"text": "a b", "spans": [{"start": 0, "end": 1, "label": "feature"}]},
        {"text": "a b", "spans": [], "status": "skipped"},
    ]
    content = "\n".join(json.dumps(line) for line in lines).encode()
    imported = read_report(content, "reviews", name="a.jsonl").documents
    assert [one.is_reviewed for one in imported] == [False, True, True, False]
    training = read_report(content, "reviews", name="a.jsonl", all_reviewed=True).documents
    # A file that tells the finished ones apart is believed.
    assert [one.is_reviewed for one in training] == [False, True, True, False]
    without_status = "\n".join(json.dumps(lines[at]) for at in (0, 2)).encode()
    training = read_report(without_status, "reviews", name="a.jsonl", all_reviewed=True).documents
    assert [one.is_reviewed for one in training] == [True, True]
    plain = read_report(b"just text", name="a.txt", all_reviewed=True).documents
    assert not plain[0].is_reviewed


def test_a_workbook_gives_its_first_sheet_that_holds_rows(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.create_sheet("empty")
    sheet = book.create_sheet("data")
    for row in [["id", "review", "stars"], [1, "line one\nline two", 4.0], [2, None, 1], [3, "=1+1", 2.5]]:
        sheet.append(row)
    sheet["B4"].data_type = "s"
    book.create_sheet("more").append(["x"])
    book.save(tmp_path / "a.xlsx")
    report = read_report(tmp_path / "a.xlsx")
    assert [(one.id, one.text, one.meta) for one in report.documents] == [
        ("1", "line one\nline two", {"stars": "4"}),
        ("3", "=1+1", {"stars": "2.5"}),
    ]
    assert report.failures[0].where == "a.xlsx, row 3"
    assert any("only the first was read" in note for note in report.notes)


def test_parquet_gives_lists_and_dates_as_json(tmp_path: Path) -> None:
    import pandas as pd

    spans = [[{"start": 0, "end": 4, "label": "feature"}], []]
    table = pd.DataFrame({"text": ["dark mode", "slow"], "spans": spans, "when": pd.to_datetime(["2024-01-02"] * 2)})
    table.to_parquet(tmp_path / "a.parquet")
    first, second = read_documents(tmp_path / "a.parquet", "reviews")
    assert [span.key for span in first.spans] == [(0, 4, "feature")]
    assert str(first.meta["when"]).startswith("2024-01-02")
    assert second.id == "a-2"


def test_text_is_one_document_or_one_per_line() -> None:
    content = "one \r\n\r\ntwo\n"
    assert texts(content, "a.txt") == [content]
    assert texts(content, "a.txt", lines=True) == ["one ", "two"]


def test_packed_files_are_read(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "a.jsonl.gz", "wt") as file:
        file.write('{"text": "hello"}\n')
    assert [one.text for one in read_documents(tmp_path / "a.jsonl.gz")] == ["hello"]
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("one.csv", "id,text\na,first\n")
        archive.writestr("two/mail.eml", "Subject: Hi\n\nbody")
        archive.writestr("three.jsonl", '{"id": "a", "text": "third"}\n')
        archive.writestr("four.csv.gz", gzip.compress(b"id,text\nb,fourth\n"))
    report = read_report(stream.getvalue(), name="a.zip")
    assert [one.text for one in report.documents] == ["first", "Subject: Hi\n\nbody", "third", "fourth"]
    assert [one.id for one in report.documents] == ["a", "mail-1", "a#2", "b"]
    assert preview(stream.getvalue(), "a.zip").columns == ("id", "text")


def mail(**headers: str) -> EmailMessage:
    message = EmailMessage()
    for name, value in {"Subject": "Grüße", "From": "Anna <anna@example.com>", **headers}.items():
        message[name.replace("_", "-")] = value
    return message


def test_a_mail_gives_subject_body_and_headers() -> None:
    message = mail(To="ben@example.com", Message_ID="<1@example.com>", Date="Mon, 1 Jan 2024 10:00:00 +0000")
    message.set_content("Hallo Ben,\n\nschöne Grüße 😀\n")
    message.add_alternative("<p>Hallo <b>Ben</b></p>", subtype="html")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="../../bill.pdf")
    report = read_report(message.as_bytes(), "emails", name="a.eml")
    document = report.documents[0]
    assert document.text.startswith("Subject: Grüße\n\nHallo Ben,")
    assert "schöne Grüße 😀" in document.text
    assert document.id == "1@example.com"
    assert document.meta["from"] == "Anna <anna@example.com>"
    assert document.meta["attachments"] == ["bill.pdf (application/pdf)"]
    assert "html" not in document.meta


def test_an_html_mail_is_reduced_to_what_a_reader_sees() -> None:
    message = mail()
    message.set_content(
        "<html><head><title>t</title><style>p{}</style></head><body><p>Dear&nbsp;you,</p><script>alert(1)</script>"
        '<a href="http://evil.example">click <b>here</b></a><br>bye &lt;b&gt;</body></html>',
        subtype="html",
    )
    document = read_report(message.as_bytes(), name="a.eml").documents[0]
    assert document.text == "Subject: Grüße\n\nDear you,\nclick here\nbye <b>"
    assert document.meta["html"] is True


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<b>unclosed <i>tags", "unclosed tags"),
        ("<script>never closed <p>hidden", ""),
        ("<td>a</td><td>b</td><tr><td>c", "a b\nc"),
        ("a &amp;amp; b &#128512;", "a &amp; b 😀"),
        ("<!-- c --><![CDATA[x]]><p>y", "y"),
    ],
)
def test_broken_html_is_no_trouble(html: str, text: str) -> None:
    assert html_to_text(html).strip() == text


@pytest.mark.parametrize(
    ("charset", "body", "text"),
    [
        ("klingon", "caf\u00e9 cr\u00e8me br\u00fbl\u00e9e".encode(), "café crème brûlée"),
        (
            "utf-8",
            "caf\u00e9 cr\u00e8me br\u00fbl\u00e9e d\u00e9j\u00e0 vu".encode("cp1252"),
            "café crème brûlée déjà vu",
        ),
        ("us-ascii", "caf\u00e9".encode(), "café"),
    ],
)
def test_a_broken_charset_is_mended_and_said(charset: str, body: bytes, text: str) -> None:
    content = f"Subject: x\nContent-Type: text/plain; charset={charset}\n\n".encode() + body
    report = read_report(content, name="a.eml")
    assert report.documents[0].text == f"Subject: x\n\n{text}"
    assert charset in str(report.documents[0].meta["charset"])
    assert any("charset" in note for note in report.notes)


def test_line_ends_of_a_mail_stay_as_they_are() -> None:
    assert texts(b"Subject: x\r\n\r\none\r\ntwo\n", "a.eml") == ["Subject: x\n\none\r\ntwo\n"]


def test_headers_that_cannot_be_decoded_stay_as_written() -> None:
    content = b"Subject: =?klingon?B?AAAA?= and =?utf-8?Q?=C3=BC?=\nFrom: \xff\xfe\n\nbody"
    document = read_report(content, name="a.eml").documents[0]
    assert "ü" in document.text
    document.text.encode("utf-8")
    assert read_report(content, name="a.eml").failures == []


def test_a_mailbox_gives_every_message(tmp_path: Path) -> None:
    message = "From a@example.com Mon Jan  1 10:00:00 2024\nSubject: {0}\nMessage-ID: <{0}@x>\n\nbody {0}\n\n"
    file = tmp_path / "a.mbox"
    file.write_text("".join(message.format(number) for number in range(3)))
    before = file.read_bytes()
    documents = read_documents(file, "emails")
    assert [one.id for one in documents] == ["0@x", "1@x", "2@x"]
    assert documents[2].text.startswith("Subject: 2\n\nbody 2")
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        ("IOB2", ["B-PER", "I-PER", "O", "B-LOC", "B-LOC"]),
        ("IOB1", ["I-PER", "I-PER", "O", "I-LOC", "B-LOC"]),
        ("IOBES", ["B-PER", "E-PER", "O", "S-LOC", "S-LOC"]),
        ("BILOU", ["B-PER", "L-PER", "O", "U-LOC", "U-LOC"]),
    ],
)
@pytest.mark.parametrize("separator", [" ", "\t", " -X- -X- "])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_tag_scheme_gives_the_same_spans(name: str, tags: list[str], separator: str, end: str) -> None:
    words = ["Anna", "Lind", "#", "Köln", "Bonn"]
    content = (
        "-DOCSTART- -X- -X- O" + end * 2 + end.join(f"{w}{separator}{t}" for w, t in zip(words, tags, strict=True))
    )
    document = read_report(content.encode(), name="a.conll").documents[0]
    assert document.text == "Anna Lind # Köln Bonn"
    assert [(document.surface(span), span.label) for span in document.spans] == [
        ("Anna Lind", "PER"),
        ("Köln", "LOC"),
        ("Bonn", "LOC"),
    ]


def test_tagged_lines_without_a_tag_fail_their_sentence_only() -> None:
    report = read_report(b"good O\n\nlonely\n\napp B-feature\n", name="a.conll")
    assert [one.text for one in report.documents] == ["good", "app"]
    assert report.failures[0].place == "line 3"


def test_a_stream_gives_documents_before_the_file_is_read_to_its_end(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"text": "one"}\n' * 200 + "rubbish\n")
    stream = iter_documents(file)
    assert next(stream).id == "a-1"  # type: ignore[union-attr]  # the first line is good
    assert sum(1 for _ in stream) == 200


def test_a_file_that_states_who_was_gone_through_is_believed_also_when_it_is_trained_on() -> None:
    lines = b'{"id":"a","text":"x","spans":[],"status":"labelled"}\n{"id":"b","text":"y","spans":[]}\n'
    report = read_report(lines, "reviews", name="both.jsonl", all_reviewed=True)
    assert [(one.id, one.is_reviewed) for one in report.documents] == [("a", True), ("b", False)]
    silent = read_report(lines.replace(b',"status":"labelled"', b""), "reviews", name="none.jsonl", all_reviewed=True)
    assert all(one.is_reviewed for one in silent.documents)
