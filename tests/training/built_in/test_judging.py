"""Judging built-in models: what a left-out source is judged on, and what stands in the table."""

from tokapp.documents import Document
from tokapp.training.built_in.judging import leave_out, rows_from_json, rows_to_json, table
from tokapp.training.built_in.plan import Row


def _mail(name: str, label: str, source: str) -> Document:
    return Document(name, "hello", label=label, meta={"source": source})


PHISH, HAM, SPAM = _mail("p", "phishing", "nazario"), _mail("h", "ham", "lists"), _mail("s", "spam", "lists")


def test_a_left_out_source_is_judged_beside_documents_of_the_named_labels() -> None:
    sides = leave_out(
        {"train": [PHISH, HAM], "validation": [PHISH, SPAM], "test": [PHISH, HAM, SPAM]}, "nazario", beside=("ham",)
    )
    assert sides == {"train": [HAM], "validation": [SPAM], "test": [PHISH, HAM]}


def test_a_left_out_source_stands_alone_where_no_label_is_named() -> None:
    assert leave_out({"train": [], "validation": [], "test": [PHISH, HAM]}, "nazario")["test"] == [PHISH]


def test_rows_survive_the_folder_of_the_model() -> None:
    rows = [Row("tokapp", {"f1": 0.5}, "test"), Row("other", {"recall": 1.0}, "without nazario")]
    assert rows_from_json(rows_to_json(rows)) == rows


def test_a_table_leaves_out_what_was_not_measured() -> None:
    lines = table([Row("a", {"f1": 0.5}), Row("b", {"recall": 1.0}, "more")]).splitlines()
    assert [line.split() for line in lines[1:]] == [["f1", "0.500"], ["recall", "1.000"]]
    assert lines[0].split("  ") == ["measure", "a (test)", "b (more)"]
