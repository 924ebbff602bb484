"""Models that stay loaded: one load and one forward pass for all who ask at once, and no stale version."""

from __future__ import annotations

import os
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.api.conftest import counted_forwards
from tokapp import places
from tokapp.documents import Document
from tokapp.errors import BadInput, JobCancelled, ModelUnavailable
from tokapp.inference.resident import Resident, check_fits
from tokapp.settings import Settings
from tokapp.tasks import load_task

LONG = "The search bar is slow and I miss the dark mode. " * 60


def test_a_text_that_many_ask_about_at_once_is_scored_once(models: Resident) -> None:
    model, together = models.load("reviews"), threading.Barrier(8)

    def ask(number: int) -> tuple[str, int]:
        together.wait(10)
        (found,) = models.predict(model, [Document(f"d{number}", LONG)])
        return found.document_id, len(found.spans)

    with counted_forwards(models, seconds=0.3) as forwards, ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(8)))
    rows = len(model.encode([Document("d", LONG)]))
    assert len(forwards) <= rows, "each forward pass takes a part of the rows of one text"
    assert len(set(forwards)) == 1, "one of those who asked has run the network"
    assert [name for name, _ in found] == [f"d{number}" for number in range(8)]
    assert len({spans for _, spans in found}) == 1


def test_a_short_text_is_remembered_and_another_question_is_not_mistaken_for_it(models: Resident) -> None:
    model = models.load("reviews")
    with counted_forwards(models) as forwards:
        models.predict(model, [Document("a", "Is the dark mode back?")])
        models.predict(model, [Document("b", "Is the dark mode back?")])
        assert len(forwards) == 1
        models.predict(model, [Document("c", "Is the dark mode back?", question="What is missing?")])
        models.predict(model, [Document("d", "Is the dark mode back?", contexts=("It is.",))])
        assert len(forwards) == 3


def test_an_answer_does_not_depend_on_who_else_asks(models: Resident) -> None:
    model = models.load("reviews")
    texts = ["Sync stopped after the update", "The offline maps never load", "Love it"]
    alone = [models.predict(model, [Document(text, text)])[0] for text in texts]
    fresh = [model.predict([Document(text, text)])[0] for text in texts]
    assert [one.spans for one in alone] == [one.spans for one in fresh]
    assert [one.words.probabilities.tolist() for one in alone if one.words] == [
        one.words.probabilities.tolist() for one in fresh if one.words
    ]


def test_an_answer_that_takes_too_long_is_given_up(models: Resident) -> None:
    model = models.load("reviews")
    with pytest.raises(JobCancelled):
        models.predict(model, [Document("late", "A text that nobody has asked about")], until=time.monotonic() - 1)


def test_those_who_ask_while_a_model_is_loaded_get_the_same_one(settings: Settings) -> None:
    resident = Resident(settings)
    with ThreadPoolExecutor(4) as pool:
        loaded = list(pool.map(resident.load, ["reviews"] * 4))
    assert len({id(model) for model in loaded}) == 1


def test_a_version_that_was_replaced_on_disk_is_loaded_again(tmp_path: Path) -> None:
    settings = Settings.from_environment({"TOKAPP_HOME": str(tmp_path), "TOKAPP_THREADS": "1"})
    shutil.copytree(places.data() / "models" / "reviews", settings.models / "mine")
    resident = Resident(settings)
    first = resident.load("mine")
    assert resident.load("mine") is first
    os.utime(settings.models / "mine" / "checksums.json", ns=(1, 1))
    assert resident.find("mine") is None
    assert resident.load("mine") is not first


def test_a_model_for_another_task_is_refused(models: Resident) -> None:
    check_fits(models.load("reviews"), load_task("reviews"))
    with pytest.raises(BadInput, match="is for the task reviews, not rag"):
        check_fits(models.load("reviews"), load_task("rag"))


def test_a_model_that_does_not_exist_is_told_to_everybody_who_asks(models: Resident) -> None:
    for _ in range(2):
        with pytest.raises(ModelUnavailable, match="no model 'nothing'"):
            models.load("nothing")
