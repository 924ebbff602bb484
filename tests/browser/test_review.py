"""Two people label the same review without seeing each other, and a reviewer decides by keyboard what counts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.editing import drag, text_of, wait_saved
from tokapp.documents import Document, Span
from tokapp.roles import Role
from tokapp.store import Store
from tokapp.tasks import load_task

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery"
TEXT = "The dark mode is nice and the battery dies"
PEOPLE: dict[str, Role] = {"ana": "annotator", "ben": "annotator", "rita": "reviewer"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Two reviews, the second given to ana and ben."""
    made = Store(f"sqlite:///{tmp_path / 'tokapp.db'}")
    project = made.create_project("Reviews", load_task("reviews")).id
    made.add_documents(project, [Document("r1", "Never mind"), Document("r2", TEXT)], source="x")
    for name, role in PEOPLE.items():
        made.add_user(name, role, password=PASSWORD)
    made.give(project, [2], ["ana", "ben"], is_blind=True)
    return made


def sign_in(page: Page, url: str, name: str) -> None:
    page.goto(url)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password", exact=True).press("Enter")
    expect(page.get_by_test_id("stSidebar").get_by_text(name)).to_be_visible()


def label(page: Page, url: str, name: str, *words: str) -> None:
    """What a person is given comes first; they see nothing of another's, mark words and hand in."""
    sign_in(page, f"{url}/label?project=1", name)
    expect(text_of(page)).to_contain_text(TEXT)
    expect(page.get_by_text("Your own version. Somebody else labels this, too")).to_be_visible()
    expect(page.get_by_text("0 marked")).to_be_visible()
    for at, piece in enumerate(words, 1):
        drag(page, piece)
        wait_saved(page, at)
    page.get_by_role("button", name="Done").click()
    expect(text_of(page)).to_contain_text("Never mind")


def test_two_label_blindly_and_a_reviewer_decides(
    tmp_path: Path,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    server: Callable[[Path], Server],
    new_page: Callable[[], Page],
) -> None:
    monkeypatch.setenv("TOKAPP_AUTH", "local")
    url = server(tmp_path).url
    label(new_page(), url, "ana", "dark mode", "battery")
    label(new_page(), url, "ben", "The dark mode", "battery")
    page = new_page()
    sign_in(page, f"{url}/review?project=1", "rita")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_text("0 of 1 difference decided")).to_be_visible()
    page.keyboard.press("1")
    expect(page.get_by_text("1 of 1 difference decided")).to_be_visible()
    page.keyboard.press("u")
    expect(page.get_by_text("0 of 1 difference decided")).to_be_visible()
    page.keyboard.press("2")
    expect(page.get_by_text("Everything is decided")).to_be_visible()
    page.keyboard.press("d")
    expect(page.get_by_text("Nothing to decide now")).to_be_visible()
    [gold] = store.gold(1)
    assert gold.spans == (Span(0, 13, "feature"), Span(30, 37, "feature"))
    assert [one.origin for one in gold.spans] == ["person:ben", "person:ana"]
    assert {event.by for event in store.events(2)} == {"rita"}
    store.close()
