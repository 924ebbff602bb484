"""Letting versions vote on the Models page, and what the other pages say of a version that votes."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.models.voters import save_shaken
from tests.pages.conftest import OpenPage
from tokapp.documents import Prediction, Span
from tokapp.models import registry
from tokapp.store import Project, Store


@pytest.fixture
def two(project: Project, home: Store, tmp_path: Path) -> Project:
    """A project with a second version beside the built-in one."""
    save_shaken(tmp_path / "models" / "shaken")
    home.add_model("shaken", "reviews", parent="reviews")
    return project


def combine(at: AppTest, project: Project, members: list[str], name: str) -> AppTest:
    at.multiselect(key=f"voters_{project.id}").set_value(members).run()
    at.text_input(key=f"voted_{project.id}").set_value(name).run()
    return at.button(key="combine").click().run()


def test_two_versions_become_one_that_votes(two: Project, home: Store, open_page: OpenPage, tmp_path: Path) -> None:
    at = open_page("models", project=two.id)
    assert at.button(key="combine").disabled, "one version cannot vote alone"
    at = combine(at, two, ["reviews", "shaken"], "together")
    assert not at.exception and not at.error
    row = home.model("together")
    assert set(row.members) == {"reviews", "shaken"} and row.state == "candidate"
    assert registry.verify(tmp_path / "models" / "together")
    table = at.dataframe[0].value.set_index("Model")
    assert set(table.loc["together", "Made from"].split(" + ")) == {"reviews", "shaken"}
    assert at.dataframe[0].proto.placeholder == "–", "figures that nobody has measured yet"
    assert "together" not in at.multiselect(key=f"voters_{two.id}").options


def test_what_cannot_vote_is_said_and_the_page_stays(two: Project, home: Store, open_page: OpenPage) -> None:
    home.add_model("gone", "reviews")
    at = combine(open_page("models", project=two.id), two, ["reviews", "gone"], "together")
    assert not at.exception
    assert "there is no model 'gone'" in at.error[0].value
    at = combine(at, two, ["reviews", "shaken"], "../x")
    assert "cannot be a model name" in at.error[0].value
    assert [row.name for row in home.models("reviews")] == ["gone", "shaken", "reviews"]


def test_a_single_version_has_nobody_to_vote_with(project: Project, open_page: OpenPage) -> None:
    at = open_page("models", project=project.id)
    assert not [one for one in at.multiselect if one.key == f"voters_{project.id}"]


def test_training_starts_from_no_ensemble(project: Project, home: Store, open_page: OpenPage) -> None:
    recipe = {"ensemble": {"mean": "arithmetic", "members": {"reviews": {}, "shaken": {}}}}
    home.add_model("together", "reviews", recipe=recipe)
    home.promote("together", by="ana")
    options = open_page("train", project=project.id).selectbox(key=f"base_{project.id}").options
    assert "reviews" in options and "together" not in options


def test_explain_says_how_far_the_members_agree(project: Project, home: Store, open_page: OpenPage) -> None:
    (pk, document), *_ = home.iterate_documents(project.id)
    spans = (Span(9, 18, "feature", 0.91, "model:reviews", agreement=0.75),)
    home.add_predictions(project.id, "reviews", [(pk, Prediction(document.id, "reviews", spans))])
    at = open_page("explain", project=project.id, doc=pk)
    assert not at.exception
    assert any("each of them marks 75" in one.value for one in at.caption)
