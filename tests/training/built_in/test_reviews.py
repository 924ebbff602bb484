"""Reviews for training: sentences of one review stay together, and no copy of a held-out sentence is trained on."""

import gzip
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tokapp.documents import Document, Span
from tokapp.errors import TrainingError
from tokapp.evaluation.splits import split_of
from tokapp.training.built_in import reviews


@pytest.fixture(autouse=True)
def unlabelled(tmp_path: Path) -> None:
    _write_unlabelled(tmp_path, [])


def _write_unlabelled(data: Path, reviews: Sequence[tuple[str, str]]) -> None:
    (data / "app-reviews-unlabeled").mkdir(exist_ok=True)
    with gzip.open(data / "app-reviews-unlabeled" / "app-reviews.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps({"id": name, "text": text, "spans": []}) + "\n" for name, text in reviews)


def _write(data: Path, name: str, records: list[tuple[str, str]], *, unmatched: Sequence[str] = ()) -> None:
    (data / name).mkdir()
    with gzip.open(data / name / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
        for index, (review, text) in enumerate(records):
            record = {"id": str(index), "text": text, "spans": [{"start": 0, "end": 4, "label": "feature"}]}
            file.write(json.dumps({**record, "meta": {"review": review, "unmatched": list(unmatched)}}) + "\n")


def test_sentences_of_one_review_stay_on_one_side(tmp_path: Path) -> None:
    _write(tmp_path, "app-review-features", [(f"r{n // 3}", f"sync {n}") for n in range(120)])
    sides = reviews.load(tmp_path)
    seen = [{document.meta["review"] for document in side} for side in sides.values()]
    assert sum(map(len, seen)) == len(set().union(*seen)) == 40
    assert all(document.is_reviewed and document.surface(document.spans[0]) == "sync" for document in sides["train"])


def test_a_copy_of_a_held_out_sentence_is_not_trained_on(tmp_path: Path) -> None:
    _write(tmp_path, "app-review-features", [(f"r{n}", "Sync  works" if n % 2 else "sync works") for n in range(60)])
    sides = reviews.load(tmp_path)
    assert not sides["train"] and sides["validation"] and sides["test"]


def test_t_frex_is_measured_on_and_never_trained_on(tmp_path: Path) -> None:
    _write(tmp_path, "app-review-features", [(f"r{n}", f"sync {n}") for n in range(9)])
    _write(tmp_path, "t-frex", [(f"r{n}", f"chat {n}") for n in range(60)])
    assert not any("chat" in document.text for side in reviews.load(tmp_path).values() for document in side)
    assert 0 < len(reviews.outside(tmp_path)["t-frex"]) < 30


def test_texts_without_labels_come_from_the_training_side_and_hold_nothing_that_is_judged_on(tmp_path: Path) -> None:
    _write(tmp_path, "app-review-features", [(f"r{n}", f"Sync of notes fails here {n}") for n in range(60)])
    others = [(f"u{n}", f"Reading list number {n} is nice. Ok.\n\tIt opens slowly {n}!") for n in range(40)]
    quoting = [(f"q{n}", f"Hello there my friend. Sync  of notes fails here {n}") for n in range(40)]
    _write_unlabelled(tmp_path, [*others, *quoting, *((f"again-{name}", text) for name, text in others)])
    sides = reviews.load(tmp_path)
    found = [document for document in sides["train"] if not document.is_reviewed]
    names = [str(document.meta["review"]) for document in found]
    assert names and not any(name.startswith("q") or split_of(name, seed="reviews") != "train" for name in names)
    assert len({document.text for document in found}) == len(found) == 2 * len(set(names))
    assert all(one.text == one.text.strip() and not one.spans and one.label is None for one in found)
    assert all(document.is_reviewed for side in ("validation", "test") for document in sides[side])


def test_sentences_with_incomplete_marks_are_judged_on_but_not_trained_on(tmp_path: Path) -> None:
    _write(tmp_path, "app-review-features", [(f"r{n}", f"sync {n}") for n in range(120)], unmatched=["backup"])
    sides = reviews.load(tmp_path)
    assert not sides["train"] and sides["validation"] and sides["test"]


def test_pieces_of_training_stand_beside_our_figures() -> None:
    marked = Document("a", "sync fails", spans=(Span(0, 4, "feature"),))
    [row] = reviews.known_pieces({"train": [marked], "validation": [], "test": [replace(marked, text="sync works")]})
    assert row.measures["span_exact_f1"] == 1 and row.on == "test"


def test_a_folder_without_the_corpus_says_which_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"app-review-features\.jsonl\.gz is not there"):
        reviews.load(tmp_path)
