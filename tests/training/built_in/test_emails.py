"""Mails for training: pieces of what the model sees, near copies on one side, a linear baseline beside."""

import gzip
import json
from pathlib import Path
from random import Random

import pytest

from tokapp.documents import Document, Prediction
from tokapp.training.built_in import emails

BODY = "please confirm the password of your account before it is closed " * 12


def _write(data: Path, name: str, label: str, texts: list[str], *, file: str | None = None) -> None:
    folder = data / name
    folder.mkdir()
    with gzip.open(folder / f"{file or name}.jsonl.gz", "wt", encoding="utf-8") as lines:
        for index, text in enumerate(texts):
            record = {"id": f"{name}-{index}", "text": text, "spans": [], "label": label, "meta": {"source": name}}
            lines.write(json.dumps(record) + "\n")


def _write_background(data: Path) -> None:
    _write(data, "wnut17", "", ["so cold outside, staying in"])
    _write(data, "app-reviews-unlabeled", "", ["love this app"], file="app-reviews")
    _write(data, "toxic-spans", "", ["what a silly comment"], file="toxic-spans-train")
    _write(data, "snips", "BookRestaurant", ["book a table for two"])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    _write_background(tmp_path)
    _write(tmp_path, "spamassassin", "ham", [f"Subject: {word}\n\nlunch at the {word}" for word in "abcdefghijkl"])
    _write(tmp_path, "nazario-phishing", "phishing", [f"Dear jose, {word} {BODY}" for word in "abcdefghijkl"])
    return tmp_path


def test_pieces_are_the_start_of_the_view_and_cuts_of_it() -> None:
    mail = Document("1", f"Subject: Re: hello\n\n{BODY} 2024", label="phishing")
    first, *others = emails.pieces(mail, Random(0), 3)
    assert first.text.startswith("hello") and all(piece.text in emails.view(mail.text) for piece in others)
    assert len(others) == 2 and all(piece.label == "phishing" for piece in (first, *others))
    assert all(len(piece.text) <= emails.LONGEST for piece in (first, *others))


def test_the_name_of_the_one_recipient_is_not_trained_on(data: Path) -> None:
    sides = emails.load(data)
    assert not any("jose" in mail.text for side in sides.values() for mail in side)


def test_mails_that_differ_in_digits_and_addresses_only_stay_on_one_side(tmp_path: Path) -> None:
    _write_background(tmp_path)
    _write(tmp_path, "spamassassin", "spam", [f"Subject: Pay {n}\n\nat http://a.example/{n}" for n in range(10, 30)])
    _write(tmp_path, "nazario-phishing", "phishing", [f"call {n} or x@a.example" for n in range(10, 30)])
    sides = emails.load(tmp_path)
    for label in ("spam", "phishing"):
        assert len([name for name, side in sides.items() if any(mail.label == label for mail in side)]) == 1


def test_a_mail_and_an_answer_that_quotes_it_stay_on_one_side(tmp_path: Path) -> None:
    _write_background(tmp_path)
    texts = [f"{mark}shall we have lunch\n{mark}at the {word}" for word in "abcdefghijkl" for mark in ("", "> ", ">> ")]
    _write(tmp_path, "spamassassin", "ham", texts)
    _write(tmp_path, "nazario-phishing", "phishing", ["confirm your password"])
    for side in emails.load(tmp_path).values():
        lunches = [mail.id.split("#")[0] for mail in side if "lunch" in mail.text]
        assert len(set(lunches)) % 3 == 0


def test_texts_of_other_kinds_are_ham_and_only_trained_on(data: Path) -> None:
    sides = emails.load(data)
    labels = {mail.label for mail in sides["train"] if ":" in mail.id}
    assert labels == {"ham"}
    assert not any(":" in mail.id for name in ("validation", "test") for mail in sides[name])


def test_the_same_folder_gives_the_same_pieces(data: Path) -> None:
    assert emails.load(data) == emails.load(data)


def test_the_linear_baseline_reads_whole_mails(data: Path) -> None:
    train = emails.load(data)["train"]
    test = [Document("t", f"hello {BODY}", label="phishing"), Document("u", "lunch at the k", label="ham")]
    (row,) = emails.linear({"train": train, "test": test})
    assert row.measures["document_macro_f1"] == 1.0 and row.measures["unwanted_macro_f1"] == 1.0


def test_unwanted_counts_spam_taken_for_phishing_as_found() -> None:
    documents = [Document("1", "a", label="spam"), Document("2", "b", label="ham")]
    scores = [{"ham": 0.1, "spam": 0.2, "phishing": 0.7}, {"ham": 0.8, "spam": 0.1, "phishing": 0.1}]
    predictions = [Prediction(str(index), "m", (), None, score) for index, score in enumerate(scores)]
    assert emails.unwanted(predictions, documents) == {
        "unwanted_recall": 1.0, "unwanted_macro_f1": 1.0, "unwanted_auc": 1.0,
    }  # fmt: skip
    assert emails.unwanted(predictions[1:], documents[1:]) == {}
