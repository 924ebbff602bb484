"""The Suggestions page: rates and intervals of what people decided, and planted checks for reviewers only."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import OpenPage
from tests.pages.test_pages import shown
from tokapp.documents import Document, Prediction, Span
from tokapp.evaluation.planting import is_planted
from tokapp.store import Edit, Project, Store
from tokapp.tasks import Label, Task

TEXT = "I liked the dark mode but the playlist of my phone crashed, number"
DARK = Span(TEXT.index("dark"), TEXT.index("dark") + 9, "feature", 0.9, "model:m1")
SURE, UNSURE = (Span(DARK.start, DARK.end, "feature", score, "model:m1") for score in (0.95, 0.35))
HOSTILE = "<b>ben</b> :material/home: $x$"
TASK = Task("t", "T", (Label("feature", "#2f7fd1", "f"), Label("bug", "#c4373f", "b")), noun="review")


@pytest.fixture
def decided(home: Store) -> Project:
    """Six reviews with one suggestion each: ana accepts the three sure ones, somebody rejects two and edits one."""
    made = home.create_project("Decided", TASK)
    home.add_documents(made.id, [Document(f"r{at}", f"{TEXT} {at}") for at in range(120)], source="f")
    home.add_model("m1", "t", is_built_in=True)
    home.promote("m1", by="ana")
    pks = home.document_ids(made.id)
    home.add_predictions(
        made.id, "m1", [(pk, Prediction(f"r{pk}", "m1", (SURE if at < 3 else UNSURE,))) for at, pk in enumerate(pks)]
    )
    plain = Span(*DARK.key)
    for pk in pks[:3]:
        home.record(pk, 0, "ana", Edit("accept", (plain,)))
    for pk in pks[3:5]:
        home.record(pk, 0, HOSTILE, Edit("reject", (plain,)))
    home.record(pks[5], 0, HOSTILE, Edit("relabel", (plain, Span(DARK.start, DARK.end, "bug"))))
    return made


def metrics(at: AppTest) -> dict[str, str]:
    return {one.label: str(one.value) for one in at.metric}


def test_without_a_decision_it_says_what_to_do(project: Project, open_page: OpenPage) -> None:
    at = open_page("suggestions", project=project.id)
    assert not at.exception and not at.error
    assert "accept, edit or reject on Label" in shown(at)


def test_rates_and_bins_are_those_of_the_decisions(decided: Project, open_page: OpenPage) -> None:
    at = open_page("suggestions", project=decided.id)
    assert not at.exception and not at.error
    assert metrics(at) == {"Decided on": "6", "Accepted": "50 %", "Edited": "17 %", "Rejected": "33 %"}
    bins, groups = at.dataframe[0].value, at.dataframe[1].value
    assert bins.to_dict("records") == [
        {"Sure": "30 % to 40 %", "On average": "35 %", "Accepted": "0 %", "95 % interval": "0 % to 56 %", "Of": 3},
        {"Sure": "90 % to 100 %", "On average": "95 %", "Accepted": "100 %", "95 % interval": "44 % to 100 %", "Of": 3},
    ]
    assert list(groups["Label"]) == ["feature"] and list(groups["Accepted"]) == ["50 % (19 % to 81 %)"]
    at.segmented_control(key="per").set_value("person").run()
    groups = at.dataframe[1].value
    assert list(groups["Person"]) == [HOSTILE, "ana"] and list(groups["Decided on"]) == [3, 3]


def test_filters_narrow_everything(decided: Project, open_page: OpenPage) -> None:
    at = open_page("suggestions", project=decided.id)
    at.selectbox(key=f"ledger_person_{decided.id}").set_value("ana").run()
    assert metrics(at)["Accepted"] == "100 %" and metrics(at)["Decided on"] == "3"


def test_the_ledger_is_live(decided: Project, home: Store, open_page: OpenPage) -> None:
    at = open_page("suggestions", project=decided.id)
    pk = home.document_ids(decided.id)[6]
    home.record(pk, 0, "ana", Edit("accept", (Span(*DARK.key),)))
    assert metrics(at.run())["Decided on"] == "7"
    home.record(pk, 1, "ana", Edit("undo"))
    assert metrics(at.run())["Decided on"] == "6"


def test_checks_are_chosen_on_settings_and_reported_per_person(
    decided: Project, home: Store, open_page: OpenPage
) -> None:
    at = open_page("label", project=decided.id)
    assert "planted" not in shown(at)
    at = open_page("settings", project=decided.id)
    assert "Off." in shown(at)
    at.slider(key=f"check_share_{decided.id}_0.0").set_value(10).run()
    at.button(key="check_set").click().run()
    assert home.check_share(decided.id).share == 0.1 and "Set to 10 % by ana" in shown(at)
    pks = home.document_ids(decided.id)
    shown_plants = {pk: one for pk in pks for one in home.open_for_labelling(pk).suggestions if is_planted(one)}
    pk, plant = next(iter(shown_plants.items()))
    home.record(pk, 0, "ana", Edit("accept", (Span(*plant.key),)))
    home.record(pk, 1, "ana", Edit("submit"))
    at = open_page("suggestions", project=decided.id)
    assert metrics(at)["Decided on"] == "6"
    [table] = [one.value for one in at.dataframe if "Planted" in one.value]
    assert table.to_dict("records") == [
        {"Person": "ana", "Planted": 1, "Accepted": 1, "Share": "100 %", "95 % interval": "21 % to 100 %"}
    ]
    assert "1 review does not count as labelled" in shown(open_page("export", project=decided.id))
    at = open_page("label", project=decided.id, doc=list(shown_plants)[1])
    assert "Some suggestions may be planted as checks" in shown(at)
    assert "planted:" not in at.get("bidi_component")[0].proto.json
