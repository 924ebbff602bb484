"""The Suggestions page in Chromium: the figures of what people decided, drawn, and narrowed by person."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.editing import open_document, text_of, wait_saved
from tokapp.documents import Document, Prediction, Span
from tokapp.store import Edit, Store
from tokapp.tasks import Label, Task

pytestmark = pytest.mark.browser
TASK = Task("t", "T", (Label("feature", "#2f7fd1", "f"), Label("bug", "#c4373f", "b")), (Label("praise", "#2c8a57"),))
DARK = Span(4, 13, "feature", 0.9)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Four suggestions of spans, of which ben has rejected one and edited one, and a suggested label for each text."""
    made = Store(f"sqlite:///{tmp_path / 'tokapp.db'}")
    project = made.create_project("Decided", TASK).id
    made.add_documents(project, [Document(f"d{at}", f"The dark mode {at}") for at in range(4)], source="f")
    made.add_model("m1", "t", is_built_in=True)
    found = Prediction("d", "m1", (DARK,), document_scores={"praise": 0.7})
    made.add_predictions(project, "m1", [(pk, found) for pk in made.document_ids(project)])
    made.record(2, 0, "ben", Edit("reject", (Span(*DARK.key),)))
    made.record(3, 0, "ben", Edit("relabel", (Span(*DARK.key), Span(4, 13, "bug"))))
    return made


def test_what_is_decided_on_label_is_counted_and_drawn(
    tmp_path: Path, store: Store, server: Callable[[Path], Server], page: Page
) -> None:
    url = server(tmp_path).url
    open_document(page, url, 1, 1)
    text_of(page).focus()
    page.keyboard.press("Tab")
    page.keyboard.press("y")
    wait_saved(page, 1)
    page.get_by_role("radio", name="praise").click()
    wait_saved(page, 2)
    page.get_by_role("link", name="Suggestions").click()
    expect(page.get_by_test_id("stMetricValue")).to_have_text(["4", "50 %", "25 %", "25 %"])
    for alt in ("Share of accepted suggestions by how sure the model was", "Outcomes per label"):
        expect(page.get_by_label(alt).or_(page.get_by_alt_text(alt)).first).to_be_visible()
    expect(page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    page.get_by_role("combobox", name="Person").click()
    page.get_by_role("option", name="ben").click()
    expect(page.get_by_test_id("stMetricValue")).to_have_text(["2", "0 %", "50 %", "50 %"])
    assert not page.get_by_test_id("stAlert").count()
    store.close()
