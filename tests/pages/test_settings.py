"""The Settings page: what everybody in a project works by, and who changed it."""

from __future__ import annotations

from tests.pages.conftest import OpenPage
from tests.pages.test_pages import shown
from tokapp.store import Project, Store


def test_guidelines_are_written_and_every_version_can_be_looked_at(
    home: Store, project: Project, open_page: OpenPage
) -> None:
    at = open_page("settings", project=project.id)
    at.text_area(key=f"guidelines_{project.id}_0").set_value("# Features\nNo verbs.").run()
    at.button(key="guidelines_save").click().run()
    at.text_area(key=f"guidelines_{project.id}_1").set_value("# Features\nNo prices.").run()
    at.button(key="guidelines_save").click().run()
    assert not at.exception and not at.error
    assert [one.text for one in home.guideline_versions(project.id)] == [
        "# Features\nNo prices.",
        "# Features\nNo verbs.",
    ]
    assert "− No verbs." in shown(at) and "+ No prices." in shown(at)
    at.selectbox(key=f"guidelines_version_{project.id}_2").set_value(1).run()
    assert "+ No verbs." in shown(at)


def test_guidelines_that_somebody_else_changed_meanwhile_are_not_written_over(
    home: Store, project: Project, open_page: OpenPage
) -> None:
    at = open_page("settings", project=project.id)
    at.text_area(key=f"guidelines_{project.id}_0").set_value("mine").run()
    home.save_guidelines(project.id, "theirs", "ben", seen=0)
    at.run()
    assert at.text_area(key=f"guidelines_{project.id}_1").value == "theirs"
    assert home.guidelines(project.id).text == "theirs"


def test_the_pattern_is_tried_on_a_text_before_it_is_stored(home: Store, project: Project, open_page: OpenPage) -> None:
    at = open_page("settings", project=project.id)
    at.text_input(key=f"pattern_{project.id}").set_value("(").run()
    assert "is not a regular expression" in at.warning[0].value
    at.button(key="pattern_save").click().run()
    assert "is not a regular expression" in at.error[0].value and home.snap_pattern(project.id) == ""
    at.text_input(key=f"pattern_{project.id}").set_value(r"\w+").run()
    assert "in the first" in shown(at)
    at.button(key="pattern_save").click().run()
    assert not at.exception and not at.error
    assert home.snap_pattern(project.id) == r"\w+"
