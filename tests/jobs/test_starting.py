"""Trainings that start by themselves: off unless chosen, with their reason, and never two at once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from tokapp.documents import Document, Prediction, Span
from tokapp.errors import BadInput
from tokapp.evaluation.decisions import share_of
from tokapp.inference.resident import Resident
from tokapp.jobs.handlers import light_kinds
from tokapp.jobs.payload import TrainForm, read
from tokapp.jobs.starting import Standing, Starter, standing
from tokapp.jobs.worker import Worker
from tokapp.settings import Settings
from tokapp.store import DocumentFilter, Edit, Store
from tokapp.store.tables import JobTable
from tokapp.store.training_rules import TrainingRules
from tokapp.tasks import load_task

MARK, SUGGESTED = Span(0, 3, "feature"), Span(4, 8, "feature")
NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Store]:
    shutil.copy(migrated_sqlite, tmp_path / "tokapp.db")
    opened = Store(f"sqlite:///{tmp_path / 'tokapp.db'}")
    opened.add_model("reviews", "reviews", is_built_in=True)
    project = opened.create_project("p", load_task("reviews")).id
    documents = [Document(str(n), f"the dark mode {n}", is_reviewed=True) for n in range(60)]
    opened.add_documents(project, documents, source="f")
    said = [(pk, Prediction(one.id, "reviews", (SUGGESTED,))) for pk, one in opened.iterate_documents(project)]
    opened.add_predictions(project, "reviews", said)
    yield opened
    opened.close()


def correct(store: Store, count: int, *, split: str = "train", verb: str = "add") -> None:
    """Correct that many documents which nobody has touched yet."""
    where = DocumentFilter(status="labelled", split=split)  # type: ignore[arg-type]  # a split, from the tests below
    spans = (MARK,) if verb == "add" else (SUGGESTED,)
    for row in [one for one in store.documents(1, where, limit=100) if len(store.events(one.id)) < 2][:count]:
        store.record(row.id, 1, "eva", Edit(verb, spans))  # type: ignore[arg-type]  # a verb, from the tests below


def look(store: Store) -> list[str]:
    return [str(job.payload["reason"]) for job in Starter(store).look()]


def test_nothing_starts_unless_somebody_chose_so(store: Store) -> None:
    correct(store, 20)
    assert not store.training_rules(1).is_on and look(store) == [] and store.jobs() == []


def test_a_training_starts_after_so_many_corrections_and_once(store: Store) -> None:
    store.choose_training_rules(1, TrainingRules(corrections=5), "eva")
    correct(store, 4)
    correct(store, 3, split="test")
    correct(store, 3, verb="accept")
    assert standing(store, 1, store.training_rules(1)).corrections == 4, "what no model learns from does not count"
    assert look(store) == []
    correct(store, 1)
    assert look(store) == ["5 corrections since the last training, 5 were to be waited for"]
    (job,) = store.jobs(1, "train")
    form = read(TrainForm, job.payload)
    assert (form.name, form.base) == ("reviews-v2", "reviews")
    correct(store, 6)
    assert look(store) == [], "one waits already"
    finish(store, job.id)
    assert [one[0] for one in look(store)] == ["6"]


def finish(store: Store, job: int) -> None:
    assert store.claim("w") is not None
    store.finish(job, "w", {})


def test_what_came_in_while_one_ran_is_not_forgotten(store: Store) -> None:
    store.choose_training_rules(1, TrainingRules(corrections=2), "eva")
    starter = Starter(store, every=0)
    correct(store, 2)
    (job,) = starter.look()
    correct(store, 2)
    assert starter.look() == []
    finish(store, job.id)
    assert len(starter.look()) == 1, "although nothing has happened since it looked last"


def test_a_schedule_waits_for_something_to_learn(store: Store) -> None:
    store.choose_training_rules(1, TrainingRules(hours=24), "eva")
    assert look(store) == []
    correct(store, 1)
    assert "24 hours have passed" in look(store)[0]
    finish(store, 1)
    correct(store, 1)
    assert look(store) == []
    with store._writing() as session:
        session.execute(update(JobTable).values(created=datetime.now(UTC) - timedelta(hours=25)))
    assert len(look(store)) == 1


def test_a_fall_in_what_is_accepted_starts_one_when_it_is_no_chance(store: Store) -> None:
    rules = TrainingRules(accept_below=0.7)
    for accepted, total, is_due in ((0, 19, False), (12, 20, False), (8, 20, True), (20, 20, False)):
        found = Standing(None, 0, share_of(accepted, total))
        assert (found.reason(rules, NOW) is not None) is is_due, (accepted, total)
    store.choose_training_rules(1, rules, "eva")
    correct(store, 20, verb="reject")
    assert look(store) == ["of 20 suggestions 0 were accepted since the last training, less than 70%"]


def test_every_choice_stays_stored_and_the_newest_counts(store: Store) -> None:
    for rules in (TrainingRules(corrections=5), TrainingRules(hours=2), TrainingRules()):
        store.choose_training_rules(1, rules, "eva")
        assert store.training_rules(1) == rules
    assert store.projects_with_training_rules() == {}
    assert store.activity(1)[0].text == "let no training start by itself"
    for wrong in ({"corrections": 0}, {"hours": 0}, {"accept_below": 1.0}):
        with pytest.raises(BadInput):
            TrainingRules(**wrong)  # type: ignore[arg-type]  # what a form could send


def test_a_worker_with_nothing_to_do_looks_and_one_for_light_jobs_does_not(store: Store, tmp_path: Path) -> None:
    store.choose_training_rules(1, TrainingRules(corrections=1), "eva")
    correct(store, 1)
    settings = Settings.from_environment({"TOKAPP_HOME": str(tmp_path)})
    models = Resident(settings)
    assert not Worker(store, settings, models, light_kinds)._start_due()
    assert Worker(store, settings, models)._start_due() and store.jobs(1, "train")
