"""The Settings page: what everybody in a project works by, and who changed it."""

from __future__ import annotations

import json
from dataclasses import replace

from tests.pages.conftest import OpenPage
from tests.pages.test_pages import shown
from tokapp.documents import Document, Span
from tokapp.store import Edit, Project, Store
from tokapp.tasks import Label, Task


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


def test_a_label_is_deleted_with_the_count_of_what_it_touches_and_restored(
    home: Store, project: Project, open_page: OpenPage
) -> None:
    at = open_page("settings", project=project.id)
    assert "Used by 48 spans in 48 reviews, 60 suggestions of 1 model (reviews)." in shown(at)
    assert at.button(key="label_delete").label == "Delete feature"
    at.button(key="label_delete").click().run()
    assert "the last label of this project" in at.error[0].value.replace("\\", "")
    assert home.retired_labels(project.id) == {}


def test_what_was_chosen_for_a_deleted_label_is_said_where_it_matters(home: Store, open_page: OpenPage) -> None:
    labels = (Label("feature", "#2f7fd1", "f"), Label("bug", "#c4373f", "b"))
    made = home.create_project("Two", Task("two", "Two", labels, noun="review"))
    spans = (Span(0, 3, "bug"), Span(4, 8, "feature"))
    home.add_documents(made.id, [Document("d", "The dark mode", spans=spans, is_reviewed=True)], source="f")
    at = open_page("settings", project=made.id)
    at.selectbox(key=f"labels_{made.id}").set_value("bug").run()
    at.radio(key=f"label_choice_{made.id}_bug").set_value("left out").run()
    at.button(key="label_delete").click().run()
    assert not at.exception and not at.error
    assert "Deleted by ana" in shown(at) and home.retired_labels(made.id)["bug"].is_kept is False
    for page in ("export", "train"):
        assert "Left out, as chosen on Settings: the deleted label bug." in shown(open_page(page, project=made.id))
    data = json.loads(open_page("label", project=made.id, doc=1).get("bidi_component")[0].proto.json)
    assert [one["name"] for one in data["labels"]] == ["feature"]
    assert [one[:3] for one in data["spans"]] == [[0, 3, "bug"], [4, 8, "feature"]]
    at.button(key="label_other").click().run()
    assert home.retired_labels(made.id)["bug"].is_kept is True
    assert "Kept, as chosen on Settings" in shown(open_page("export", project=made.id))
    at.button(key="label_restore").click().run()
    assert home.retired_labels(made.id) == {}
    assert "as chosen on Settings" not in shown(open_page("export", project=made.id))


def test_several_pieces_stay_allowed_while_there_are_such_spans_and_the_toggle_says_so(
    home: Store, project: Project, open_page: OpenPage
) -> None:
    pieces = (Span(0, 1, "feature", group="g"), Span(2, 6, "feature", group="g"))
    home.update_task(project.id, replace(project.task, discontinuous=True))
    home.record(1, 0, "ana", Edit("add", pieces))
    key = f"pieces_{project.id}"
    at = open_page("settings", project=project.id)
    at.toggle(key=key).set_value(False).run()
    assert "spans of several pieces" in at.warning[0].value and not at.exception
    assert at.toggle(key=key).value and home.project(project.id).task.discontinuous
    assert not at.run().warning
    home.record(1, 1, "ana", Edit("remove", pieces))
    home.update_task(project.id, project.task)
    assert not at.run().toggle(key=key).value, "what somebody else has turned off is not turned on again"
    assert not home.project(project.id).task.discontinuous


def test_a_label_is_added_and_one_that_is_there_is_refused_with_a_sentence(
    home: Store, project: Project, open_page: OpenPage
) -> None:
    count = len(project.task.span_names)
    at = open_page("settings", project=project.id)
    at.text_input(key=f"label_name_{count}").set_value("Feature")
    at.button(key="label_add").click().run()
    assert "already" in at.error[0].value and "Used by 48 spans" in shown(at)
    at.text_input(key=f"label_name_{count}").set_value("wish")
    at.text_input(key=f"label_key_{count}").set_value("W")
    at.button(key="label_add").click().run()
    assert not at.error and not at.exception
    added = home.project(project.id).task.span_labels[-1]
    assert (added.name, added.key) == ("wish", "w")
    assert at.text_input(key=f"label_name_{count + 1}").value == ""
