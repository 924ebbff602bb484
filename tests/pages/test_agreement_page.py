"""The Agreement page: what it asks for while there is nothing to compare, and what it shows when there is."""

from __future__ import annotations

import pytest

from tests.pages.conftest import OpenPage
from tests.pages.test_pages import shown
from tokapp.documents import Document, Span
from tokapp.evaluation.agreement import MEASURES, Measure
from tokapp.store import Edit, Project, Store
from tokapp.tasks import load_task

MODE, DARK = Span(4, 13, "feature"), Span(4, 8, "feature")
HOSTILE = "<b>ben</b> :material/home: $x$"


def finish(store: Store, document: int, by: str, *spans: Span) -> None:
    """Hand in exactly these spans, after whoever had the document before."""
    opened = store.open_for_labelling(document)
    edits = [Edit("reopen")] if opened.status == "labelled" else []
    edits += [Edit("remove", opened.document.spans), Edit("add", spans), Edit("submit")]
    for edit in edits:
        store.record(document, store.open_for_labelling(document).revision, by, edit)


@pytest.fixture
def team(home: Store) -> Project:
    """Two reviews that two persons finished: on the first they agree, on the second they do not."""
    made = home.create_project("Team", load_task("reviews"))
    home.add_documents(made.id, [Document(f"r{number}", f"The dark mode of {number}") for number in (1, 2)], source="f")
    finish(home, 1, "ana", MODE)
    finish(home, 1, HOSTILE, MODE)
    finish(home, 2, "ana", MODE)
    finish(home, 2, HOSTILE, DARK)
    return made


def test_without_any_project_it_says_what_to_do(home: Store, open_page: OpenPage) -> None:
    at = open_page("agreement")
    assert not at.exception and not at.error
    assert "Create one" in shown(at)


def test_with_one_person_it_asks_for_a_second(project: Project, open_page: OpenPage) -> None:
    at = open_page("agreement", project=project.id)
    assert not at.exception and not at.error
    assert "let a second person correct labelled ones" in shown(at)


def test_two_persons_are_compared_and_their_disputes_lead_to_label(team: Project, open_page: OpenPage) -> None:
    at = open_page("agreement", project=team.id)
    assert not at.exception and not at.error
    assert {one.label: one.value for one in at.metric} == {"Agreement": "0.50", "People": "2", "Shared reviews": "2"}
    assert "saw what stood there before" in shown(at)
    table = at.dataframe[0].value
    assert table.to_dict("records") == [{"Label": "feature", "Agreement": "0.50", HOSTILE: 2, "ana": 2}]
    assert "2 of 2 spans not shared by all 2 people" in shown(at)


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.name)
def test_every_measure_has_a_value_and_none_is_shown_as_nan(
    measure: Measure, team: Project, open_page: OpenPage
) -> None:
    at = open_page("agreement", project=team.id)
    at.selectbox(key="measure").set_value(measure.name).run()
    assert not at.exception and not at.error
    assert 0 < float(at.metric[0].value) <= 1
    assert "nan" not in shown(at).lower()


def test_one_person_alone_is_asked_for_another(team: Project, open_page: OpenPage) -> None:
    at = open_page("agreement", project=team.id)
    at.multiselect(key=f"agreement_people_{team.id}").set_value(["ana"]).run()
    assert not at.exception and not at.error
    assert "Pick at least two people." in shown(at)


def test_where_nobody_marked_anything_it_says_why_there_is_no_value(home: Store, open_page: OpenPage) -> None:
    made = home.create_project("Bare", load_task("reviews"))
    home.add_documents(made.id, [Document("r1", "The dark mode")], source="f")
    finish(home, 1, "ana")
    finish(home, 1, "ben")
    at = open_page("agreement", project=made.id)
    assert not at.exception and not at.error
    assert at.metric[0].value == "–"
    assert "nobody marked anything" in shown(at)


def test_blind_versions_are_compared_apart_from_those_that_were_seen(
    team: Project, home: Store, open_page: OpenPage
) -> None:
    home.add_documents(team.id, [Document(f"b{at}", f"The dark mode again {at}") for at in (1, 2)], source="f")
    home.give(team.id, [3, 4], ["ana", HOSTILE], is_blind=True)
    for document, name, span in ((3, "ana", MODE), (3, HOSTILE, DARK), (4, "ana", MODE)):
        seen = home.record(document, 0, name, Edit("add", (span,)), layer=name).revision
        home.record(document, seen, name, Edit("submit"), layer=name)
    at = open_page("agreement", project=team.id)
    assert not at.exception and not at.error
    assert "labelled without seeing each other" in shown(at)
    assert {one.label: one.value for one in at.metric} == {"Agreement": "0.00", "People": "2", "Shared reviews": "1"}
    at.segmented_control(key="way").set_value("open").run()
    assert {one.label: one.value for one in at.metric} == {"Agreement": "0.50", "People": "2", "Shared reviews": "2"}
