"""Links to a page among the first requests of a fresh server: heading, no error on the page, none on the console."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, free_port, settle, start_app, stop_app
from tests.pages.conftest import attribution, review
from tokapp.documents import Prediction, Span
from tokapp.store import Store
from tokapp.tasks import load_task

pytestmark = pytest.mark.browser
HEADINGS = {
    "": "Projects",
    "documents": "Documents",
    "queue": "Queue",
    "label": "Review 1 of 30",
    "explain": "Explain",
    "train": "Train",
    "models": "Models",
    "evaluate": "Evaluate",
    "export": "Export",
    "review": "Review",
    "agreement": "Agreement",
    "settings": "Settings",
    "suggestions": "Suggestions",
    "people": "People",
}
ADDRESS = "project=1&doc=1"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty reviews, predicted by the built-in model, one of them explained."""
    folder = tmp_path_factory.mktemp("deep")
    store = Store(f"sqlite:///{folder / 'tokapp.db'}")
    project = store.create_project("Reviews", load_task("reviews")).id
    store.add_documents(project, [review(number) for number in range(30)], source="reviews.csv")
    store.add_model("reviews", "reviews", is_built_in=True)
    spans = (Span(9, 18, "feature", 0.91),)
    rows = list(store.iterate_documents(project))
    store.add_predictions(project, "reviews", [(pk, Prediction(one.id, "reviews", spans)) for pk, one in rows])
    store.add_attributions(rows[0][0], [attribution(rows[0][1])])
    store.close()
    return folder


@pytest.fixture(scope="module")
def port() -> int:
    """One address for all servers, so that the browser has what they send already."""
    return free_port()


@pytest.fixture
def fresh(home: Path, port: int) -> Iterator[Server]:
    """A server that nobody has asked anything yet."""
    started = start_app(home, port=port)
    yield started
    stop_app(started)


@pytest.mark.parametrize("path", ["", "documents", "label", "explain"])
def test_a_cold_deep_link_opens_its_page(path: str, fresh: Server, page: Page) -> None:
    page.goto(f"{fresh.url}/{path}?{ADDRESS}")
    expect_drawn(page, path)


def test_links_that_arrive_at_once_all_open_under_the_menu(fresh: Server, new_tab: Callable[[], Page]) -> None:
    pages = {path: new_tab() for path in HEADINGS if path}
    for path, page in pages.items():
        page.goto(f"{fresh.url}/{path}?{ADDRESS}", wait_until="commit")
    for path, page in pages.items():
        expect_drawn(page, path)


def expect_drawn(page: Page, path: str) -> None:
    """The page stands there with its heading under the menu, and reports nothing."""
    expect(page.get_by_role("heading", name=HEADINGS[path])).to_be_visible()
    settle(page)
    expect(page.get_by_text("Worker not running")).to_be_visible()
    for sign in ("stException", "stAlertContentError"):
        expect(page.get_by_test_id(sign)).to_have_count(0)
    expect(page.get_by_text("Page not found")).to_have_count(0)
    assert "project=1" in page.url
