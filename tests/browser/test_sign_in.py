"""Signing in with real keys: a wrong password is refused, the right one opens the linked page, and out again."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import start_app, stop_app
from tests.pages.conftest import review
from tokapp.store import Store
from tokapp.tasks import load_task

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery"


def test_refused_let_in_and_out_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: Page) -> None:
    monkeypatch.setenv("TOKAPP_AUTH", "local")
    store = Store(f"sqlite:///{tmp_path / 'tokapp.db'}")
    project = store.create_project("Reviews", load_task("reviews"))
    store.add_documents(project.id, [review(0)], source="x")
    store.add_user("**ada**", "reader", password=PASSWORD)
    store.close()
    server = start_app(tmp_path)
    try:
        page.goto(f"{server.url}/documents?project=1")
        name, password = page.get_by_label("Name"), page.get_by_label("Password", exact=True)
        name.fill("**ada**")
        password.fill("a wrong one")
        password.press("Enter")
        expect(page.get_by_text("Name or password is wrong")).to_be_visible()
        expect(page.get_by_test_id("stDataFrame")).to_have_count(0)
        password.fill(PASSWORD)
        password.press("Enter")
        expect(page.get_by_role("heading", name="Documents")).to_be_visible()
        expect(page.get_by_test_id("stSidebar")).to_contain_text("**ada**")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        expect(page.get_by_role("heading", name="Documents")).to_have_count(0)
        expect(page.get_by_test_id("stSidebar").get_by_text("Export")).to_have_count(0)
    finally:
        stop_app(server)
    log = (tmp_path / "server.log").read_text("utf-8")
    assert PASSWORD not in log and "a wrong one" not in log
