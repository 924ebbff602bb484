"""Every page opens empty, opens full, and survives a wrong address."""

from __future__ import annotations

import os

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import OpenPage, review
from tokapp.documents import Reason
from tokapp.jobs import run_worker
from tokapp.settings import Settings
from tokapp.store import DocumentFilter, Edit, Project, Store
from tokapp.tasks import load_task
from tokapp.training import Recipe
from tokapp.training.steps.right_reasons import RightReasons

PAGES = (
    "home",
    "documents",
    "queue",
    "label",
    "explain",
    "judge",
    "train",
    "models",
    "export",
    "review",
    "agreement",
    "settings",
    "suggestions",
)


def shown(at: AppTest) -> str:
    """All words that the page draws, without the marks of Markdown and the joiners that keep it from reading more."""
    drawn = [*at.title, *at.markdown, *at.caption, *at.info, *at.warning, *at.success, *at.error, *at.text]
    return "\n".join(str(one.value) for one in drawn).replace("\\", "").replace("\u2060", "")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_without_any_project_says_what_to_do(page: str, home: Store, open_page: OpenPage) -> None:
    at = open_page(page)
    assert not at.exception and not at.error
    assert "Create one" in shown(at)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_an_empty_project_opens(page: str, home: Store, open_page: OpenPage) -> None:
    made = home.create_project("Empty", load_task("emails"))
    at = open_page(page, project=made.id)
    assert not at.exception and not at.error


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_a_full_project_opens(page: str, project: Project, open_page: OpenPage) -> None:
    at = open_page(page, project=project.id)
    assert not at.exception and not at.error


@pytest.mark.parametrize("page", ("label", "explain"))
@pytest.mark.parametrize("wanted", ("999", "x", "-1", "99999999999999999999"))
def test_an_unknown_document_in_the_address_is_no_error(
    page: str, wanted: str, project: Project, open_page: OpenPage
) -> None:
    at = open_page(page, project=project.id, doc=wanted)
    assert not at.exception and not at.error


@pytest.mark.parametrize("wanted", ("999", "nobody", "99999999999999999999"))
def test_an_unknown_project_in_the_address_shows_another_one(
    wanted: str, project: Project, open_page: OpenPage
) -> None:
    at = open_page("documents", project=wanted)
    assert not at.exception and not at.error
    assert at.query_params["project"] == str(project.id)
    assert "Showing another one" in shown(at)


def test_a_hostile_project_name_is_shown_as_it_is(home: Store, open_page: OpenPage) -> None:
    name = "<script>alert(1)</script> **bold** :material/home: $x$"
    home.create_project(name, load_task("reviews"))
    at = open_page()
    assert not at.exception and not at.error
    assert name in shown(at)
    assert all("**bold**" not in str(one.value) for one in at.markdown)


def test_home_says_how_much_there_is_and_what_to_do_next(project: Project, open_page: OpenPage) -> None:
    at = open_page()
    assert {metric.label: metric.value for metric in at.metric}["Labelled"] == "48"
    assert "Train a model on the 48 reviews you labelled." in shown(at)


def test_a_project_with_own_labels_is_created_on_home(home: Store, open_page: OpenPage) -> None:
    at = open_page()
    at.text_input(key="new_name").set_value("Tickets")
    at.selectbox(key="new_task").set_value("own").run()
    at.text_input(key="new_span_name_0").set_value("product").run()
    at.text_input(key="new_span_group_0").set_value("things")
    at.checkbox(key="new_pieces").check()
    at.button(key="new_create").click().run()
    project = home.project("Tickets")
    assert (project.task.name, project.task.span_names) == ("tickets", ("product",))
    assert (project.task.discontinuous, project.task.span_labels[0].group) == (True, "things")
    at = open_page("settings", project=project.id)
    at.toggle(key=f"pieces_{project.id}").set_value(False).run()
    assert not home.project("Tickets").task.discontinuous


def test_a_project_without_a_name_is_refused_with_a_sentence(home: Store, open_page: OpenPage) -> None:
    at = open_page()
    at.button(key="new_create").click().run()
    assert "Give the project a name" in shown(at)
    assert home.projects() == []


def test_a_csv_is_previewed_imported_and_its_bad_row_listed(home: Store, open_page: OpenPage) -> None:
    made = home.create_project("New", load_task("reviews"))
    at = open_page("documents", project=made.id)
    content = b"id,review\n1,I like the dark mode\n2,\n3,I like the dark mode\n"
    at.file_uploader[0].upload("reviews.csv", content).run()
    assert not at.exception and not at.error
    assert at.button(key="import_start").label == "Import 1 file"
    at.button(key="import_start").click().run()
    assert home.count_documents(made.id) == 1
    assert "1 review added from reviews.csv, 1 was there already, 1 row could not be read" in shown(at)
    at.button(key="import_close").click().run()
    assert "added from" not in shown(at)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.csv", b"", "the file is empty"),
        ("binary.csv", bytes(range(256)) * 20, "binary data"),
        ("heading.csv", b"text\n", "no documents"),
        ("half.jsonl", b'{"text": "\\ud800 x"}\n', "half of a pair"),
        ("label.jsonl", b'{"text": "a b", "spans": [{"start": 0, "end": 1, "label": "nope"}]}\n', "'nope'"),
    ],
)
def test_a_file_of_which_nothing_can_go_in_says_why(
    name: str, content: bytes, reason: str, home: Store, open_page: OpenPage
) -> None:
    made = home.create_project("New", load_task("reviews"))
    at = open_page("documents", project=made.id)
    at.file_uploader[0].upload(name, content).run()
    assert "Something went wrong" not in shown(at)
    at.button(key="import_start").click().run()
    assert f"Nothing was added from {name}" in shown(at)
    assert reason in at.dataframe[0].value["Reason"][0]


def test_a_large_upload_is_the_workers_and_its_report_waits_for_the_page(home: Store, open_page: OpenPage) -> None:
    made = home.create_project("New", load_task("reviews"))
    at = open_page("documents", project=made.id)
    rows = [f"{n},Review number {n} {'is long ' * 20}" for n in range(8000)]
    at.file_uploader[0].upload("many.csv", ("id,review\n" + "\n".join(rows) + "\n8000,\n").encode()).run()
    at.button(key="import_start").click().run()
    assert not at.exception and not at.error
    assert [job.state for job in home.jobs(made.id, "import")] == ["queued"] and home.count_documents(made.id) == 0
    run_worker(Settings.from_environment(os.environ), once=True)
    later = open_page("documents", project=made.id)
    assert "8,000 reviews added from many.csv, 1 row could not be read" in shown(later)
    assert "line 8002" in list(later.dataframe[0].value["Place"])


def test_searching_narrows_the_table(project: Project, open_page: OpenPage) -> None:
    at = open_page("documents", project=project.id)
    at.text_input(key="search").set_value("version 17").run()
    assert not at.exception and not at.error
    assert list(at.dataframe[0].value["id"]) == ["r17"]


def test_predicting_puts_one_job_in_the_queue(project: Project, home: Store, open_page: OpenPage) -> None:
    home.add_documents(project.id, [review(100)], source="more")
    at = open_page("documents", project=project.id)
    at.button(key="predict").click().run()
    assert [job.state for job in home.jobs(project.id, "predict")] == ["queued"]
    assert "the worker is not running" in shown(at)


def test_explain_shows_stored_values_without_loading_a_model(project: Project, open_page: OpenPage) -> None:
    at = open_page("explain", project=project.id, doc=1, span="9:18:feature")
    assert not at.exception and not at.error
    assert "18 %" in shown(at) and "52 %" in shown(at)
    assert "512 evaluations" in shown(at)


def test_starting_a_training_puts_one_job_in_the_queue(project: Project, home: Store, open_page: OpenPage) -> None:
    at = open_page("train", project=project.id)
    at.button(key="start").click().run()
    assert not at.exception and not at.error
    assert [job.state for job in home.jobs(project.id, "train")] == ["queued"]


def test_a_training_learns_from_marked_reasons_when_asked(project: Project, home: Store, open_page: OpenPage) -> None:
    at = open_page("train", project=project.id)
    assert at.toggle(key=f"reasons_{project.id}").disabled
    where = DocumentFilter(status="labelled", split="train")
    for pk in home.document_ids(project.id, where)[:2]:
        reason = Reason(0, 1, "feature", is_evidence=False, span=(11, 20))
        home.record(pk, 1, "ana", Edit("mark_reasons", reasons=(reason,)))
    assert home.count_marked(project.id) == 2
    at = open_page("train", project=project.id)
    assert "2 reviews to learn from have marked reasons" in at.toggle(key=f"reasons_{project.id}").help
    at.toggle(key=f"reasons_{project.id}").set_value(True).run()
    at.button(key="start").click().run()
    [job] = home.jobs(project.id, "train")
    recipe = Recipe.model_validate(job.payload["recipe"])
    assert recipe.steps[0] == RightReasons(weight=1.0)


def test_training_without_labels_says_how_many_are_missing(home: Store, open_page: OpenPage) -> None:
    made = home.create_project("Bare", load_task("reviews"))
    home.add_documents(made.id, [review(100)], source="x")
    at = open_page("train", project=made.id)
    assert "Not enough labels yet" in shown(at)


def test_models_lists_the_version_in_use(project: Project, open_page: OpenPage) -> None:
    at = open_page("models", project=project.id)
    assert "reviews" in at.dataframe[0].value.to_string()


def test_an_import_that_failed_says_why(home: Store, open_page: OpenPage) -> None:
    made = home.create_project("P", load_task("reviews"))
    home.enqueue("import", project_id=made.id, payload={"folder": "ff", "files": []})
    run_worker(Settings.from_environment(os.environ), once=True)
    at = open_page("documents", project=made.id)
    [error] = at.error
    assert "upload them again" in error.value
    at.button(key="import_close").click().run()
    assert not at.error


@pytest.mark.parametrize(("wanted", "chosen"), [("csv", "csv"), ("CoNLL", "conll"), ("nonsense", "jsonl")])
def test_the_address_names_the_format_of_an_export(
    wanted: str, chosen: str, project: Project, open_page: OpenPage
) -> None:
    at = open_page("export", project=project.id, format=wanted)
    assert at.button_group(key="format").value == chosen
    assert at.query_params.get("format") == (None if chosen == "jsonl" else chosen)


def test_export_says_what_goes_out(project: Project, open_page: OpenPage) -> None:
    at = open_page("export", project=project.id)
    assert "48 reviews, 48 spans" in shown(at).replace("**", "")


def test_an_export_shows_how_its_file_begins_and_takes_one_part(project: Project, open_page: OpenPage) -> None:
    at = open_page("export", project=project.id)
    assert at.code[0].value.startswith('{"id": "r1", "text": "I like the dark mode in version 1."')
    everything = shown(at)
    at.selectbox(key=f"export_part_{project.id}").set_value("test").run()
    assert not at.exception and not at.error
    assert shown(at) != everything and at.toggle(key="export_split").disabled


def test_a_search_without_a_match_can_be_cleared(project: Project, open_page: OpenPage) -> None:
    at = open_page("documents", project=project.id)
    at.text_input(key="search").set_value("no such words").run()
    assert "No reviews fit" in shown(at)
    at.button(key="clear").click().run()
    assert len(at.dataframe[0].value) == 50
    marked = [list(one) for one in at.dataframe[0].value["spans"]]
    assert marked[:2] == [["e dark mo"], ["dark mode"]]  # what the model found, and what a person marked instead
