"""Explain: finding a document by its words, stepping between explained ones, and explaining the whole project."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import OpenPage, attribution
from tests.pages.test_pages import shown
from tokapp.store import Project, Store


def labels(at: AppTest) -> list[str]:
    """What the buttons say, without the marks of Markdown."""
    return [button.label.replace("\\", "") for button in at.button]


def found(at: AppTest) -> list[str]:
    """What the search lists."""
    return [label for label in labels(at) if ":small" in label]


def explain(home: Store, *ids: int) -> None:
    """Store reasons for some documents."""
    for pk, document in home.load_documents(ids):
        home.add_attributions(pk, [attribution(document)])


def test_words_find_documents_with_their_state(project: Project, open_page: OpenPage) -> None:
    at = open_page("explain", project=project.id)
    at.text_input(key="find").set_value("version dark 17").run()
    assert not at.exception and not at.error
    (match,) = found(at)
    assert "I like the dark mode in version 17." in match and "r17 · labelled" in match and "explained" not in match


def test_many_matches_are_cut_and_say_so(project: Project, open_page: OpenPage) -> None:
    at = open_page("explain", project=project.id)
    at.text_input(key="find").set_value("dark").run()
    assert len(found(at)) == 8 and "explained" in found(at)[0]
    assert "There are more" in shown(at)


def test_no_match_says_so(project: Project, open_page: OpenPage) -> None:
    at = open_page("explain", project=project.id)
    at.text_input(key="find").set_value("<b>nothing</b>").run()
    assert not found(at) and "No review has “<b>nothing</b>” in it" in shown(at)


def test_picking_a_match_opens_it_and_clears_the_search(project: Project, home: Store, open_page: OpenPage) -> None:
    explain(home, 18)
    at = open_page("explain", project=project.id)
    at.text_input(key="find").set_value("version 17").run()
    at.button(key="find_18").click().run()
    assert not at.exception and not at.error
    assert at.query_params["doc"] == "18" and at.text_input(key="find").value == ""
    assert "Review r17" in shown(at).replace("**", "")


def test_previous_and_next_pass_over_what_is_not_explained(project: Project, home: Store, open_page: OpenPage) -> None:
    explain(home, 7, 30)
    at = open_page("explain", project=project.id, doc=7)
    at.button(key="Next").click().run()
    assert at.query_params["doc"] == "30"
    assert at.button(key="Next").disabled
    at.button(key="Previous").click().run()
    at.button(key="Previous").click().run()
    assert at.query_params["doc"] == "1" and at.button(key="Previous").disabled


def test_without_the_switch_every_document_is_next(project: Project, open_page: OpenPage) -> None:
    at = open_page("explain", project=project.id, doc=1)
    assert at.button(key="Next").disabled
    at.toggle(key="explained_only").set_value(False).run()
    assert not at.button(key="Next").disabled


def test_the_whole_project_is_explained_by_one_job(project: Project, home: Store, open_page: OpenPage) -> None:
    at = open_page("explain", project=project.id, view="all")
    assert "59 reviews without reasons yet" in shown(at) and "· about" not in shown(at)
    second = open_page("explain", project=project.id, view="all")
    at.button(key="explain_all").click().run()
    second.button(key="explain_all").click().run()
    (job,) = home.jobs(project.id, "explain")
    assert job.payload == {"model": "reviews", "everything": True}
    assert "explain_all" not in [button.key for button in at.button]
    at.button(key=f"cancel_{job.id}").click().run()
    assert home.job(job.id).state == "cancelled"


def test_the_time_is_estimated_from_the_speed_of_past_jobs(project: Project, home: Store, open_page: OpenPage) -> None:
    past = home.enqueue("explain", project_id=project.id, payload={"model": "reviews", "document_ids": [1]})
    assert home.claim("me") is not None
    characters = home.unexplained_amount(project.id, "reviews").characters
    home.finish(past.id, "me", {"model": "reviews", "documents": 1, "attributions": 1, "speed": 90 / characters})
    at = open_page("explain", project=project.id, view="all")
    assert "59 reviews without reasons yet · about 1 min 30 s" in shown(at)


@pytest.mark.parametrize("text", ["", "   "])
def test_an_empty_search_lists_nothing(text: str, project: Project, open_page: OpenPage) -> None:
    at = open_page("explain", project=project.id)
    at.text_input(key="find").set_value(text).run()
    assert not found(at) and not at.exception and not at.error


def test_all_documents_show_their_strongest_words_and_link_to_examples(
    project: Project, home: Store, open_page: OpenPage
) -> None:
    explain(home, 7)
    at = open_page("explain", project=project.id, view="all")
    assert not at.exception and not at.error
    frame = at.dataframe[0].value
    assert list(frame["Word"]) == ["dark", "the", "mode"] and list(frame["Seen"]) == [2, 2, 2]
    assert list(frame["Strength"]) == [2.0, 0.5, 0.1]
    at.segmented_control(key="corpus_side").set_value("Wrong reasons").run()
    assert not at.exception and "No wrong reasons found" in shown(at)


@pytest.mark.parametrize("panel", ["Waterfall", "Table", "Map", "Versions"])
def test_reasons_are_shown_in_other_ways_too(panel: str, project: Project, open_page: OpenPage) -> None:
    at = open_page("explain", project=project.id, doc=1, span="9:18:feature")
    at.segmented_control(key="panel").set_value(panel).run()
    assert not at.exception and not at.error
    if panel == "Table":
        assert list(at.dataframe[0].value["Value"]) == [-0.5, 2.0, 0.1]
        assert list(at.dataframe[0].value["Sure"]) == [True, True, False]
