"""The Evaluate page in Chromium: two models in one sentence, every tab by keyboard, and from a mistake to its text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, settle
from tests.browser.test_accessibility import look, serious_in
from tokapp.documents import Document, Prediction, Span, WordScores
from tokapp.store import DocumentFilter, Store
from tokapp.tasks import Label, Task

pytestmark = pytest.mark.browser
TASK = Task("t", "T", (Label("<b>feature</b>", "#2f7fd1", "f"), Label("$bug$", "#c4373f", "b")), ())
GOLD = Span(4, 13, "<b>feature</b>")
WORDS = np.array([[0, 3], [4, 8], [9, 13]], np.int32)
ALTS = {"Confusion": "Labels of words by people and model", "How sure": "How sure against how right"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Eighty labelled texts; one model finds half of each span under the wrong label, another one everything."""
    made = Store(f"sqlite:///{tmp_path / 'tokapp.db'}")
    project = made.create_project("Judged", TASK).id
    texts = [Document(f"d{at}", f"The dark mode {at}", spans=(GOLD,), is_reviewed=True) for at in range(80)]
    made.add_documents(project, texts, source="f")
    scores = WordScores(WORDS, np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]], np.float32), ("O", "I-x"))
    for name, span in (("worse", Span(4, 8, "$bug$", 0.6)), ("better", GOLD)):
        made.add_model(name, "t", project_id=project)
        found = Prediction("d", name, (span,), scores)
        made.add_predictions(project, name, [(pk, found) for pk in made.document_ids(project)])
    return made


def test_a_model_is_judged_compared_and_followed_to_its_mistakes(
    tmp_path: Path, store: Store, server: Callable[[Path], Server], page: Page
) -> None:
    judged = store.count_documents(1, DocumentFilter(status="labelled", split="test"))
    for _ in look(page, f"{server(tmp_path).url}/evaluate?project=1&model=worse"):
        assert not serious_in(page)
    page.get_by_role("combobox", name="Compare with").click()
    page.get_by_role("option", name="better").click()
    expect(page.get_by_test_id("stAlert")).to_contain_text("better finds more of what is right: +1.000 F1")
    page.get_by_role("tab", name="By label").focus()
    for name, alt in ALTS.items():
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")
        expect(page.get_by_label(alt).or_(page.get_by_alt_text(alt)).first).to_be_visible()
        settle(page)
        assert not serious_in(page)
    page.get_by_role("tab", name="Mistakes").click()
    expect(page.get_by_test_id("stMetricValue")).to_have_text(["0", "0", str(judged), "0"])
    page.get_by_test_id("stDataFrame").locator("visible=true").first.click(position={"x": 16, "y": 52})
    page.get_by_role("link", name="Open in Label").click()
    expect(page.get_by_role("application", name="Text to label")).to_contain_text("The dark")
    assert "doc=" in page.url
    store.close()
