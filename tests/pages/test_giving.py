"""Giving documents to people on Documents and Queue, and what everybody sees of it."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import ROOT, OpenPage
from tests.pages.test_pages import shown
from tokapp.documents import Document
from tokapp.roles import Role
from tokapp.store import Edit, Order, Project, Store
from tokapp.store.team_values import Workload
from tokapp.tasks import load_task

EVE = "<i>eve</i> $x$"


@pytest.fixture
def team(home: Store) -> Project:
    """Ten reviews, of which one is done, and accounts of three who may label and one who may not."""
    made = home.create_project("Team", load_task("reviews"))
    home.add_documents(made.id, [Document(f"r{at}", f"The dark mode of {at}") for at in range(10)], source="f")
    home.record(1, 0, "ana", Edit("submit"))
    roles: dict[str, Role] = {"ana": "admin", "ben": "annotator", EVE: "reviewer", "rob": "reader"}
    for name, role in roles.items():
        home.add_user(name, role)
    return made


def opened(at: AppTest, page: str, project: Project) -> AppTest:
    at.session_state[f"give_box_{page}_{project.id}"] = True
    at.run()
    assert not at.exception and not at.error
    return at


def test_documents_are_given_evenly_to_people_who_may_label(team: Project, home: Store, open_page: OpenPage) -> None:
    at = opened(open_page("documents", project=team.id), "documents", team)
    key = f"documents_{team.id}"
    assert at.multiselect(key=f"give_to_{key}").options == [EVE, "ana", "ben"]
    assert at.button(key=f"give_{key}").disabled
    at.multiselect(key=f"give_to_{key}").set_value(["ana", "ben", EVE]).run()
    assert "10 reviews, 1 person each: everybody gets about 3." in shown(at)
    at.button(key=f"give_{key}").click().run()
    assert not at.exception and not at.error
    assert f"9 reviews given: ana 3, ben 3, {EVE} 3." in shown(at)
    assert "1 review left out" in shown(at)
    assert [one.given for one in home.workloads(team.id)] == [3, 3, 3]


def test_two_people_each_are_blind_unless_told_otherwise(team: Project, home: Store, open_page: OpenPage) -> None:
    at = opened(open_page("documents", project=team.id), "documents", team)
    key = f"documents_{team.id}"
    at.multiselect(key=f"give_to_{key}").set_value(["ana", "ben"]).run()
    at.number_input(key=f"give_count_{key}_10").set_value(4)
    at.number_input(key=f"give_copies_{key}_2").set_value(2).run()
    assert at.toggle(key=f"give_blind_{key}").value
    assert "4 reviews, 2 people each: everybody gets 4." in shown(at)
    at.button(key=f"give_{key}").click().run()
    assert home.workloads(team.id) == [Workload("ana", 4, 0, 4), Workload("ben", 4, 0, 4)]
    assert len(home.blind_rounds(team.id)) == 4


def test_the_queue_gives_out_in_its_order_what_nobody_has(team: Project, home: Store, open_page: OpenPage) -> None:
    home.give(team.id, [2], ["ben"])
    at = opened(open_page("queue", project=team.id), "queue", team)
    key = f"queue_{team.id}"
    at.multiselect(key=f"give_to_{key}").set_value([EVE]).run()
    at.number_input(key=f"give_count_{key}_8").set_value(3).run()
    at.button(key=f"give_{key}").click().run()
    assert not at.exception and not at.error
    assert [one.document.id for one in home.queue(team.id, Order()) if one.document.id < 6] == [2, 3, 4, 5]
    assert [one.document.id for one in home.queue(team.id, Order(), person=EVE) if one.is_mine] == [3, 4, 5]


def test_a_persons_queue_says_what_is_theirs(team: Project, home: Store, open_page: OpenPage) -> None:
    home.give(team.id, [9, 10], ["ana"])
    home.record(9, 0, "ana", Edit("submit"))
    at = open_page("queue", project=team.id)
    said = [one.proto.text.replace("\\", "") for one in at.get("progress")]
    assert said == ["1 of your 2 reviews are done. The others come first."]
    assert at.dataframe[0].value["mine"].tolist()[:2] == ["yours", ""]


def test_people_shows_how_far_everybody_is(team: Project, home: Store, open_page: OpenPage) -> None:
    home.give(team.id, [2, 3], [EVE])
    home.record(2, 0, EVE, Edit("skip"))
    at = open_page("people", project=team.id)
    assert not at.exception and not at.error
    table = at.dataframe[0].value
    assert table.to_dict("records") == [{"Name": EVE, "Given": 2, "Blind": 0, "Done": 1, "Left": 1, "Progress": 50}]


def test_who_may_not_give_is_not_asked(
    team: Project, home: Store, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKAPP_AUTH", "local")
    ben = home.find_user("ben")
    assert ben is not None
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.session_state["_signed_in"] = (ben.name, ben.stamp)
    at.run()
    at.switch_page("pages/documents.py")
    at.query_params["project"] = str(team.id)
    at.run()
    assert not at.exception and not [one for one in at.expander if "Give" in one.label]
