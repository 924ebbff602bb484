"""The Settings page: what is changed there holds on Label at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, settle
from tests.browser.editing import click, drag, open_document, text_of, wait_saved
from tokapp.documents import Document, Span
from tokapp.store import Edit, Store
from tokapp.tasks import Label, Task

pytestmark = pytest.mark.browser
TASK = Task("t", "T", (Label("feature", "#2f7fd1", "f"), Label("bug", "#c4373f", "b")), noun="review")
TEXT = "Ticket AB-123 says: pain in the left and right arm."


def change(page: Page, url: str, project: int) -> None:
    """Change a bit of everything."""
    page.goto(f"{url}/settings?project={project}")
    for field, text in (("Guidelines", "# Bugs\nAll that is broken."), ("Regular expression", r"[A-Z]{2}-\d+")):
        page.get_by_role("textbox", name=field).fill(text)
        page.get_by_role("textbox", name=field).press("Control+Enter" if field == "Guidelines" else "Enter")
        save = page.get_by_role("button", name="Save").nth(0 if field == "Guidelines" else 1)
        expect(save).to_be_enabled()
        save.click()
        expect(save).to_be_disabled()
    page.get_by_text("A span may have several pieces").click()
    expect(page.get_by_role("switch", name="A span may have several pieces")).to_be_checked()
    page.get_by_text("Add a label").click()
    page.get_by_role("textbox", name="Name").fill("wish")
    page.get_by_role("textbox", name="Key", exact=True).fill("w")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("wish can be marked with now.")).to_be_visible()
    settle(page)  # a run that ends while the list is open closes it
    page.get_by_role("combobox", name="Label").click()
    page.get_by_role("option", name="bug").click()
    page.get_by_role("button", name="Delete bug").click()
    expect(page.get_by_role("button", name="Restore bug")).to_be_visible()


def test_what_is_changed_on_settings_holds_on_label(
    tmp_path: Path, server: Callable[[Path], Server], page: Page
) -> None:
    store = Store(f"sqlite:///{tmp_path / 'tokapp.db'}")
    project = store.create_project("Reviews", TASK).id
    store.add_documents(project, [Document("r1", TEXT)], source="f")
    store.record(1, 0, "ana", Edit("add", (Span(20, 24, "bug"),)))
    url = server(tmp_path).url
    change(page, url, project)
    open_document(page, url, project, 1)
    expect(page.get_by_text("Guidelines (new)")).to_be_visible()
    expect(page.get_by_role("radio", name="wish")).to_be_visible()
    expect(page.get_by_role("radio", name="bug")).to_have_count(0)
    expect(page.locator("li.item", has_text="pain")).to_contain_text("bug (deleted label)")
    page.get_by_role("button", name="How marks are made").click()
    page.get_by_role("radio", name="the project's pattern").check()
    expect(text_of(page)).to_have_attribute("aria-busy", "false")
    page.keyboard.press("Escape")
    drag(page, "123")
    wait_saved(page, 2)
    page.keyboard.press("w")
    page.keyboard.down("Control")
    drag(page, "arm")
    page.keyboard.up("Control")
    wait_saved(page, 3)
    click(page, "pain")
    page.get_by_role("button", name="Change to wish").click()
    wait_saved(page, 4)
    document = store.open_for_labelling(1).document
    assert [(document.surface(one), one.label, bool(one.group)) for one in document.spans] == [
        ("AB-123", "feature", True),
        ("pain", "wish", False),
        ("arm", "feature", True),
    ]
    store.close()
