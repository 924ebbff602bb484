"""Twenty people label at once through real sessions: no action is lost, stored twice, or met by a locked database."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.people import check, label_together, prepare
from tests.browser.conftest import start_app, stop_app
from tokapp.store import Store

PEOPLE, EDITS = 20, 3


def test_twenty_people_on_sqlite_lose_nothing(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'tokapp.db'}")
    project, own, shared = prepare(store, PEOPLE)
    app = start_app(tmp_path)
    try:
        # In a thread of its own: where browser tests ran before, this one has a loop already.
        with ThreadPoolExecutor(1) as thread:
            everybody = thread.submit(asyncio.run, label_together(app.url, project, own, shared, EDITS)).result()
    finally:
        stop_app(app)
    counts = check(store, everybody, [*own, shared], EDITS)
    store.close()
    assert counts["stored"] >= PEOPLE * (EDITS - 1)
    assert "locked" not in (tmp_path / "server.log").read_text("utf-8", "replace")
