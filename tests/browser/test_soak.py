"""Five hundred edits by key: each is stored, and what the page holds in memory stays as small as its undo history."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import CDPSession, Page

from tests.browser.conftest import Server
from tests.browser.editing import open_document, text_of, wait_saved
from tokapp.documents import Document
from tokapp.store import Store
from tokapp.tasks import Label, Task

pytestmark = pytest.mark.browser

TASK = Task(name="places", title="Places", span_labels=(Label("feature", "#2f7fd1", "f"),))
TEXT = "\n".join(["the search bar feels slow since the last update and the dark mode never works here"] * 60)
ROUNDS, PAIRS = 5, 50
HISTORY = 4_000
"""Bytes that an edit may leave behind: its undo step, and what the browser keeps around it."""


def memory(session: CDPSession) -> tuple[float, int]:
    """Bytes that live objects take, and nodes of the page."""
    for _ in range(3):
        session.send("HeapProfiler.collectGarbage")
    return session.send("Runtime.getHeapUsage")["usedSize"], session.send("Memory.getDOMCounters")["nodes"]


def test_five_hundred_edits_are_stored_and_leave_the_heap_flat(
    tmp_path: Path, server: Callable[[Path], Server], page: Page
) -> None:
    store = Store(f"sqlite:///{tmp_path / 'tokapp.db'}")
    project = store.create_project("Places", TASK).id
    store.add_documents(project, [Document("d", TEXT)], source="test")
    [pk] = store.document_ids(project)
    open_document(page, server(tmp_path).url, project, pk)
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.enable")
    text_of(page).focus()
    page.keyboard.press("Home")
    looks = []
    for turn in range(1, ROUNDS + 1):
        for pair in range(1, PAIRS + 1):
            page.keyboard.press("f")
            page.keyboard.press("Delete")
            if pair % 10 == 0:
                wait_saved(page, 2 * (turn * PAIRS - PAIRS + pair))
        page.keyboard.press("ArrowDown")
        looks.append(memory(session))
    assert [event.verb for event in store.events(pk)] == ["add", "remove"] * (ROUNDS * PAIRS)
    assert looks[-1][0] - looks[0][0] < HISTORY * 2 * PAIRS * (ROUNDS - 1), looks
    assert looks[-1][1] < 2 * max(nodes for _, nodes in looks[:2]), looks
    store.close()
