"""Agreement in Chromium: a cold link draws the heat map, and a disputed document opens on Label."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.pages.test_agreement_page import DARK, MODE, finish
from tokapp.documents import Document
from tokapp.store import Store
from tokapp.tasks import load_task

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two reviews that two persons finished; they differ on the second."""
    folder = tmp_path_factory.mktemp("agreement")
    store = Store(f"sqlite:///{folder / 'tokapp.db'}")
    project = store.create_project("Team", load_task("reviews")).id
    store.add_documents(
        project, [Document(f"r{number}", f"The dark mode of {number}") for number in (1, 2)], source="f"
    )
    for document, other in ((1, MODE), (2, DARK)):
        finish(store, document, "ana", MODE)
        finish(store, document, "ben", other)
    store.close()
    return folder


def test_the_map_shows_the_pair_and_a_dispute_opens_on_label(
    home: Path, server: Callable[[Path], Server], page: Page
) -> None:
    page.goto(f"{server(home).url}/agreement?project=1&measure=Span+F1%2C+overlap")
    chart = page.get_by_test_id("stPlotlyChart").first
    expect(chart.locator("text", has_text="1.00")).to_have_count(2)
    page.get_by_role("link", name="The dark mode of 2").click()
    expect(page.get_by_role("heading", name="Review 2 of 2")).to_be_visible()
    assert "doc=2" in page.url
