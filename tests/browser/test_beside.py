"""Beside the text in Chromium: a comment from the card of a span, and guidelines that load and run nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.editing import click, drag, open_document, wait_saved
from tokapp.documents import Document
from tokapp.store import Store
from tokapp.tasks import load_task

pytestmark = pytest.mark.browser
HOSTILE = (
    "# How to mark\n\n![p](http://example.org/p.png) <img src=x onerror=alert(1)> <script>alert(1)</script>\n\n"
    "[link](javascript:alert(1)) and ![q][r]\n\n[r]: http://example.org/q.png\n"
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One review, with guidelines by somebody who means no good."""
    folder = tmp_path_factory.mktemp("beside")
    store = Store(f"sqlite:///{folder / 'tokapp.db'}")
    project = store.create_project("Team", load_task("reviews")).id
    store.add_documents(project, [Document("r1", "The 🎉 dark mode is gone")], source="f")
    store.save_guidelines(project, HOSTILE, "mallory", seen=0)
    store.close()
    return folder


def test_a_comment_from_the_card_is_counted_beside_the_span_and_the_editor_is_not_built_again(
    home: Path, server: Callable[[Path], Server], page: Page
) -> None:
    open_document(page, server(home).url, 1, 1)
    drag(page, "dark mode")
    wait_saved(page, 1)
    page.locator("[data-part=text]").evaluate("(host) => { host.dataset.sameAsBefore = 'yes'; }")
    click(page, "dark mode")
    page.get_by_role("button", name="Comment on it").click()
    expect(page.get_by_text("Nobody has commented")).to_be_visible()
    page.get_by_role("textbox", name="Comment", exact=True).fill("Is it a feature?")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".side .of")).to_have_text("feature · 1 comment")
    expect(page.get_by_text("Is it a feature?")).to_be_visible()
    expect(page.locator("[data-part=text]")).to_have_attribute("data-same-as-before", "yes")
    page.get_by_role("button", name="Resolve").click()
    expect(page.locator(".side .of")).to_have_text("feature")


def test_guidelines_load_nothing_and_run_nothing(home: Path, server: Callable[[Path], Server], page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: asked.append(f"dialog {dialog.message}"))
    open_document(page, server(home).url, 1, 1)
    page.get_by_role("radio", name="Guidelines").click()
    expect(page.get_by_role("heading", name="How to mark")).to_be_visible()
    beside = page.locator(".st-key-beside_text")
    expect(beside).to_contain_text("<script>alert(1)</script>")
    assert beside.locator("img, script").count() == 0
    assert not beside.locator("a[href^='javascript']").count()
    assert not [url for url in asked if "example.org" in url or url.startswith("dialog")]
