"""Explain in Chromium: a span is clicked, the question changed, the answer refined, a word struck, a file read back."""

from __future__ import annotations

import csv
import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Server, settle
from tests.browser.test_accessibility import serious_in
from tokapp.documents import Document
from tokapp.evaluation.splits import group_of
from tokapp.store import Store
from tokapp.store.contrasts import SOURCE
from tokapp.tasks import load_task

T = TypeVar("T")
pytestmark = pytest.mark.browser
TEXT = "The 🎉 <b>search bar</b> is slow and the dark mode is gone. <img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A review full of markup, which the built-in model has not read yet."""
    folder = tmp_path_factory.mktemp("explain")
    with_store(folder, fill)
    return folder


def with_store(home: Path, use: Callable[[Store], T]) -> T:
    """Use the store of a home folder."""
    store = Store(f"sqlite:///{home / 'tokapp.db'}")
    found = use(store)
    store.close()
    return found


def fill(store: Store) -> None:
    project = store.create_project("Reviews", load_task("reviews")).id
    store.add_documents(project, [Document("r", TEXT, "reviews")], source="f")
    store.add_model("reviews", "reviews", is_built_in=True)
    store.promote("reviews", by="tester")


@pytest.fixture
def view(home: Path, server: Callable[[Path], Server], page: Page) -> Locator:
    """The explained text; nothing that stands in it runs."""
    page.on("dialog", lambda dialog: pytest.fail(f"a text ran: {dialog.message}"))
    page.goto(f"{server(home).url}/explain?project=1&doc=1")
    expect(page.get_by_text("evaluations of the model")).to_be_visible(timeout=120_000)
    settle(page)
    return page.get_by_role("application")


def evaluations(page: Page) -> int:
    """How many the page says the answer took."""
    said = page.get_by_text("evaluations of the model").inner_text()
    return int(said.split(" evaluations")[0].split()[-1].replace(",", ""))


def read_export(page: Page, name: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("button", name=name, exact=True).click()
    return Path(download.value.path()).read_bytes()


def test_the_answer_gets_surer_while_its_text_stays_where_it_is(view: Locator, page: Page) -> None:
    expect(view).to_have_text(TEXT)
    assert view.locator("img, b").count() == 0
    view.evaluate("(host) => { host.dataset.sameAsBefore = 'yes'; }")
    expect(page.get_by_role("button", name="Refine further")).to_be_visible(timeout=120_000)
    before = evaluations(page)
    page.get_by_role("button", name="Refine further").click()
    expect(page.get_by_text("getting surer")).to_be_visible()
    expect(page.get_by_text("getting surer")).to_have_count(0, timeout=120_000)
    assert evaluations(page) > before
    expect(view).to_have_attribute("data-same-as-before", "yes")
    page.mouse.move(0, 0)
    said = [f"{scheme} {one}" for scheme in ("light", "dark") for one in _serious(page, scheme)]
    assert not said, "\n".join(said)


def _serious(page: Page, scheme: str) -> list[str]:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.wait_for_timeout(700)
    return serious_in(page)


def test_a_span_is_picked_and_words_are_read_by_keyboard(view: Locator, page: Page) -> None:
    chosen = page.get_by_role("combobox", name="Decision")
    expect(chosen).to_have_value(re.compile("“search bar” is feature"))
    view.get_by_text("dark", exact=True).click()
    page.wait_for_url("**span=40*")
    expect(chosen).to_have_value(re.compile("“dark mode” is feature"))
    expect(view.locator(".mark-chosen").first).to_have_text("dark")
    view.press("Home")
    expect(page.locator(".said")).to_contain_text("The, ")
    expect(page.locator(".tip")).to_contain_text("±")
    view.press("ArrowRight")
    expect(page.locator(".said")).to_contain_text("🎉, ")


def test_another_question_about_the_span_is_answered(view: Locator, page: Page) -> None:
    page.get_by_role("combobox", name="Question").click()
    page.get_by_role("option", name="Why it ends here").click()
    page.wait_for_url("**kind%3Dend**")
    expect(page.get_by_text("evaluations of the model")).to_be_visible(timeout=120_000)
    settle(page)
    (record,) = json.loads(read_export(page, "JSON"))
    assert record["target"]["kind"] == "end"


def test_a_struck_word_moves_the_decision_and_is_kept_as_an_example(home: Path, view: Locator, page: Page) -> None:
    page.get_by_text("Try changes", exact=True).click()
    view = page.locator(".view").first
    view.get_by_text("bar", exact=True).click()
    page.get_by_role("button", name="Strike").click()
    expect(view.locator(".struck")).to_have_text("bar")
    expect(page.get_by_text("Feature there:")).to_be_visible()
    view.get_by_text("slow", exact=True).dblclick()
    page.get_by_role("textbox", name="In place of slow").fill("very 🎉 fast")
    page.keyboard.press("Enter")
    expect(view.locator(".typed")).to_have_text("very 🎉 fast")
    page.get_by_role("button", name="Undo").click()
    expect(view.locator(".typed")).to_have_count(0)
    page.get_by_role("button", name="Keep as example").click()
    page.get_by_text("Nothing", exact=True).click()
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_role("link", name="Kept. Open it on Label")).to_be_visible()

    def kept(store: Store) -> tuple[Document, Document, set[str]]:
        rows = store.documents(1)
        (_, old), (_, new) = store.load_documents([row.id for row in rows])
        return old, new, {row.split for row in rows} | {row.source for row in rows if row.id > 1}

    old, new, told = with_store(home, kept)
    assert new.text == TEXT.replace("search bar<", "search <") and new.is_reviewed and not new.spans
    assert new.meta["group"] == group_of(old) and len(told) == 2 and SOURCE in told


def test_what_is_exported_reads_back(view: Locator, page: Page) -> None:
    (record,) = json.loads(read_export(page, "JSON"))
    total = record["base_value"] + sum(word["value"] for word in record["words"])
    assert total == pytest.approx(record["output_value"], abs=1e-3)
    assert [TEXT[word["start"] : word["end"]] for word in record["words"]] == [one["text"] for one in record["words"]]
    rows = list(csv.DictReader(read_export(page, "CSV").decode("utf-8").splitlines()))
    assert [float(row["value"]) for row in rows] == [word["value"] for word in record["words"]]
    drawn = ElementTree.fromstring(read_export(page, "SVG"))
    assert drawn.tag.endswith("svg") and not list(drawn.iter("{http://www.w3.org/2000/svg}script"))
    assert read_export(page, "PNG").startswith(b"\x89PNG")
