"""Choosing on Train when trainings start by themselves, and reading how far that is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.pages.conftest import OpenPage
from tests.pages.test_pages import shown
from tokapp.documents import Span
from tokapp.evaluation.decisions import share_of
from tokapp.jobs.starting import Standing
from tokapp.store import DocumentFilter, Edit, Project, Store
from tokapp.store.training_rules import TrainingRules
from tokapp.ui.training_rules import states

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def test_a_rule_is_chosen_and_says_how_far_it_is(project: Project, home: Store, open_page: OpenPage) -> None:
    at = open_page("train", project=project.id)
    assert at.button(key="rules_set").disabled and not at.toggle(key="rule_corrections").value
    at.toggle(key="rule_corrections").set_value(True).run()
    at.number_input(key="rule_count").set_value(7).run()
    at.button(key="rules_set").click().run()
    assert not at.exception and not at.error
    assert home.training_rules(project.id) == TrainingRules(corrections=7)
    assert "0 of 7 corrections" in shown(at)
    payload = {"name": "a", "reason": "7 corrections since the last training"}
    home.start_training(project.id, payload)
    at = open_page("train", project=project.id)
    assert "it started by itself: 7 corrections since the last training." in shown(at)


def test_a_training_can_leave_out_the_work_of_a_person(project: Project, home: Store, open_page: OpenPage) -> None:
    for pk, by in zip(
        home.document_ids(project.id, DocumentFilter(status="labelled", split="train")), ("eva", "ben"), strict=False
    ):
        home.record(pk, 1, by, Edit("add", (Span(0, 6, "feature"),)))
    at = open_page("train", project=project.id)
    at.selectbox(key=f"without_{project.id}").set_value(("person", "eva")).run()
    at.button(key="start").click().run()
    assert not at.exception and not at.error
    (job,) = home.jobs(project.id, "train")
    assert job.payload["without"] == {"person": "eva"} and str(job.payload["name"]).endswith("-without-eva")


def test_every_rule_says_what_it_waits_for() -> None:
    rules = TrainingRules(50, 24, 0.7)
    some = Standing(NOW - timedelta(hours=20), 37, share_of(15, 20))
    assert states(rules, some, NOW) == [
        "37 of 50 corrections",
        "The next one is due in 4 h 0 min",
        "75 % accepted (53 % to 89 %); it starts when all of that is below 70 %",
    ]
    none = Standing(None, 0, share_of(3, 4))
    assert states(rules, none, NOW)[1:] == [
        "The next one is due now, once something was corrected",
        "4 of the 20 decisions that say how many are accepted",
    ]
