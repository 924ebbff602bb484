"""The Review page: what waits for a decision, one difference after the other, and the way back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import ROOT, OpenPage
from tests.pages.test_pages import shown
from tokapp.documents import Document, Span
from tokapp.store import Edit, Project, Store
from tokapp.tasks import load_task

TEXT = "The <b>dark mode</b> is nice and the battery dies"
MODE, DARK = Span(7, 16, "feature"), Span(7, 11, "feature")
NICE, BATTERY = Span(24, 28, "feature"), Span(37, 44, "feature")
BEN = "<b>ben</b> :material/home: $x$"


@pytest.fixture
def two(home: Store) -> Project:
    """Three reviews that two people label blindly: on the first they differ twice, on the second not at all."""
    made = home.create_project("Team", load_task("reviews"))
    home.add_documents(made.id, [Document(f"r{at}", f"{TEXT} {at}") for at in (1, 2, 3)], source="f")
    home.give(made.id, [1, 2, 3], ["ana", BEN], is_blind=True)
    hand_in(home, 1, "ana", MODE, NICE)
    hand_in(home, 1, BEN, DARK, NICE, BATTERY)
    for name in ("ana", BEN):
        hand_in(home, 2, name, MODE)
    hand_in(home, 3, "ana", MODE)
    return made


def hand_in(store: Store, document: int, person: str, *spans: Span) -> None:
    for edit in (Edit("add", spans), Edit("submit")):
        opened, seat = store.open_for(document, person)
        store.record(document, opened.revision, person, edit, layer=seat.layer)


def press(at: AppTest, key: str) -> AppTest:
    at.button(key=key).click().run()
    assert not at.exception and not at.error
    return at


def gold(store: Store, document: int = 1) -> set[Span]:
    return set(store.open_for_labelling(document).document.spans)


def editors(at: AppTest) -> list[dict[str, Any]]:
    return [json.loads(one.proto.json) for one in at.get("bidi_component")]


def test_the_list_counts_what_is_left(two: Project, open_page: OpenPage) -> None:
    at = open_page("review", project=two.id)
    assert not at.exception and not at.error
    assert {one.label: one.value for one in at.metric} == {
        "Still being labelled": "1",
        "To decide": "2",
        "Decided": "0",
    }
    assert at.dataframe[0].value["Differences"].tolist() == [2, 0]


def test_a_document_is_decided_difference_by_difference_and_becomes_gold(
    two: Project, home: Store, open_page: OpenPage
) -> None:
    at = open_page("review", project=two.id, doc=1)
    assert "0 of 2 differences decided" in shown(at) and "The same label, on other words" in shown(at)
    assert at.button(key="done").disabled
    press(at, "take_1")
    assert gold(home) == {DARK, NICE}, "what all agree on comes in with the first decision"
    assert "1 of 2 differences decided" in shown(at) and "marked this, ana did not" in shown(at)
    press(at, "take_none")
    assert gold(home) == {DARK, NICE} and "Everything is decided" in shown(at)
    assert list(home.gold(two.id)) == []
    press(at, "done")
    assert [one.spans for one in home.gold(two.id)] == [(DARK, NICE)]
    assert at.query_params["doc"] == ["2"] or at.query_params["doc"] == "2"
    assert [one.by for one in home.events(1)] == ["ana"] * 3


def test_every_decision_can_be_undone(two: Project, home: Store, open_page: OpenPage) -> None:
    at = open_page("review", project=two.id, doc=1)
    press(at, "take_all")
    assert gold(home) == {MODE, DARK, NICE}
    press(at, "undo")
    assert gold(home) == set() and "0 of 2 differences decided" in shown(at)
    for key in ("take_2", "take_all", "done"):
        press(at, key)
    at = open_page("review", project=two.id, doc=1)
    assert "Undo takes it back" in shown(at) and gold(home) == {MODE, NICE, BATTERY}
    press(at, "undo")
    assert list(home.gold(two.id)) == [] and not at.button(key="done").disabled


def test_a_reviewer_may_mark_it_differently(two: Project, home: Store, open_page: OpenPage) -> None:
    at = open_page("review", project=two.id, doc=1)
    data = editors(at)[0]
    own = [7, 20, "feature"]
    entry = {"token": "a" * 32, "doc": 1, "seen": data["revision"], "length": len(f"{TEXT} 1"), "verb": "add"}
    edits = [{**entry, "spans": [own]}]
    at.session_state["review_editor"] = {"queue": {"have": 1, "doc": 1, "edits": edits, "drawn": [[1, [own]]]}}
    at.run()
    assert editors(at)[0]["answers"] == {"a" * 32: 1}
    press(at, "take_text")
    assert gold(home) == {Span(7, 20, "feature"), NICE}
    assert "1 of 2 differences decided" in shown(at)


def test_all_that_people_agree_on_is_accepted_at_once(two: Project, home: Store, open_page: OpenPage) -> None:
    press(open_page("review", project=two.id), "accept_agreed")
    assert [(one.id, one.spans) for one in home.gold(two.id)] == [("r2", (MODE,))]


def test_nobody_sees_versions_before_all_have_handed_in(two: Project, open_page: OpenPage) -> None:
    at = open_page("review", project=two.id, doc=3)
    assert "not ready to be decided" in shown(at) and not at.get("bidi_component")


def test_each_version_is_drawn_as_it_is(two: Project, open_page: OpenPage) -> None:
    at = open_page("review", project=two.id, doc=1)
    assert BEN in shown(at)
    spans = [[tuple(span) for span in one["spans"]] for one in editors(at)]
    assert spans[0] == [] and sorted(spans[1:]) == sorted(
        [[(7, 11, "feature"), (24, 28, "feature"), (37, 44, "feature")], [(7, 16, "feature"), (24, 28, "feature")]]
    )


def test_what_people_said_while_they_labelled_is_read_and_answered_by_the_reviewer(
    two: Project, home: Store, open_page: OpenPage
) -> None:
    assert not [one for one in open_page("review", project=two.id, doc=1).expander if "Comments" in one.label]
    home.comment(1, "Is <b>dark</b> a part of it?", BEN, span=DARK, layer=BEN)
    home.comment(3, "Nobody may read this yet", "ana", layer="ana")
    at = open_page("review", project=two.id, doc=1)
    assert [one.label for one in at.expander if "Comments" in one.label] == [":material/comment: Comments (1)"]
    assert "a part of it?" in shown(at)
    at.text_input(key="reply_1").set_value("Yes")
    at.button(key="thread_reply_1").click().run()
    assert [one.text for one in home.threads(1, BEN)[0].comments] == ["Is <b>dark</b> a part of it?", "Yes"]
    assert "Nobody may read" not in shown(open_page("review", project=two.id, doc=3))


def test_home_leads_to_what_waits_for_a_decision(two: Project, home: Store, open_page: OpenPage) -> None:
    assert home.to_decide(two.id) == 2
    assert "2 reviews wait for a reviewer to decide." in shown(open_page())
    at = open_page("review", project=two.id, doc=2)
    press(at, "done")
    assert home.to_decide(two.id) == 1
    assert "1 review waits for a reviewer to decide." in shown(open_page())


def test_a_label_of_the_whole_text_is_decided_too(home: Store, open_page: OpenPage) -> None:
    made = home.create_project("Mail", load_task("emails"))
    home.add_documents(made.id, [Document("m1", "Hello you")], source="f")
    first, second, *_ = made.task.document_names
    home.give(made.id, [1], ["ana", "ben"], is_blind=True)
    for name, label in (("ana", first), ("ben", second)):
        for edit in (Edit("set_label", label=label), Edit("submit")):
            home.record(1, home.open_for(1, name)[0].revision, name, edit, layer=name)
    at = open_page("review", project=made.id, doc=1)
    assert "The whole text is called differently" in shown(at)
    press(press(at, "call_2"), "done")
    assert home.open_for_labelling(1).document.label == second
    assert [one.label for one in home.gold(made.id)] == [second]


def test_labels_from_before_make_way_for_what_people_agree_on_now(home: Store, open_page: OpenPage) -> None:
    made = home.create_project("Old", load_task("reviews"))
    old = Document("r1", TEXT, spans=(BATTERY,), is_reviewed=True)
    home.add_documents(made.id, [old], source="f")
    home.give(made.id, [1], ["ana", "ben"], is_blind=True)
    for name in ("ana", "ben"):
        hand_in(home, 1, name, MODE)
    assert gold(home) == {BATTERY}
    press(open_page("review", project=made.id, doc=1), "done")
    assert [one.spans for one in home.gold(made.id)] == [(MODE,)]


def test_an_annotator_who_forges_a_decision_decides_nothing(
    two: Project, home: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKAPP_AUTH", "local")
    person = home.add_user("cyn", "annotator")
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.session_state["_signed_in"] = (person.name, person.stamp)
    at.run()
    at.switch_page("pages/review.py")
    at.query_params["project"], at.query_params["doc"] = str(two.id), "1"
    at.run()
    for key in ("take_1", "take_all", "take_none", "take_text", "undo", "done"):
        button = at.button(key=key)
        assert button.disabled
        button.proto.disabled = False
        button.click().run()
        assert not at.exception
    entry = {"token": "a" * 32, "doc": 1, "seen": 0, "length": len(f"{TEXT} 1"), "verb": "add"}
    edits = [{**entry, "spans": [[7, 20, "feature"]]}]
    at.session_state["review_editor"] = {"queue": {"have": 1, "doc": 1, "edits": edits, "drawn": [[1, []]]}}
    at.run()
    assert editors(at)[0]["answers"] == {"a" * 32: "Your role (annotator) may not review. Ask an admin."}
    assert home.events(1) == []
