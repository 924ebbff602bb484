"""Reasons marked in Chromium: words taken by dragging and by keys, said to be evidence or none, and undone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, settle
from tests.pages.conftest import attribution
from tokapp.documents import Document, Offset, Prediction, Span
from tokapp.store import Store
from tokapp.tasks import load_task

pytestmark = pytest.mark.browser
TEXT = "I like the dark mode in <b>version</b> 🎉 seven"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A review in which a model marked something, whose reasons are known: “the”, “dark” and “mode” have values."""
    made = Store(f"sqlite:///{tmp_path / 'tokapp.db'}")
    project = made.create_project("Reviews", load_task("reviews")).id
    document = Document("r", TEXT, "reviews")
    made.add_documents(project, [document], source="f")
    made.add_model("reviews", "reviews", is_built_in=True)
    made.promote("reviews", by="tester")
    made.add_predictions(project, "reviews", [(1, Prediction("r", "reviews", (Span(9, 18, "feature", 0.9),)))])
    made.add_attribution(1, attribution(document))
    return made


def marks(store: Store) -> dict[Offset, bool]:
    """What is stored: which range is evidence."""
    return {(one.start, one.end): one.is_evidence for one in store.open_for_labelling(1).document.reasons}


def test_words_are_marked_by_mouse_and_by_keys(
    tmp_path: Path, store: Store, server: Callable[[Path], Server], page: Page
) -> None:
    page.goto(f"{server(tmp_path).url}/explain?project=1&doc=1&span=9:18:feature")
    settle(page)
    page.get_by_text("Mark reasons").click()
    view = page.locator(".view.marking")
    expect(view).to_have_text(TEXT)
    first, last = view.locator("[data-word='1']").first, view.locator("[data-word='2']").last
    first.hover()
    page.mouse.down()
    last.hover()
    page.mouse.up()
    expect(view.locator(".taken").first).to_be_visible()
    page.get_by_role("button", name="Evidence", exact=True).click()
    expect(view.locator(".mark-evidence").first).to_be_visible()
    assert marks(store) == {(11, 20): True}
    view.focus()
    for key in ("Home", "Shift+ArrowRight", "n"):
        page.keyboard.press(key)
    expect(view.locator(".mark-none").first).to_be_visible()
    assert marks(store) == {(7, 15): False, (15, 20): True}
    page.keyboard.press("Control+z")
    expect(view.locator(".mark-none")).to_have_count(0)
    assert marks(store) == {(11, 20): True}
    assert [event.by for event in store.events(1)] == ["tester"] * 3
    store.close()
