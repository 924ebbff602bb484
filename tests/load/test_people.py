"""Many people label at once through real sessions: no action is lost, stored twice, or met by a locked database."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from benchmarks.people import check, label_together, prepare
from tests.browser.conftest import start_app, stop_app
from tests.postgres import PROGRAMS
from tokapp.store import Store

CROWDS = [("sqlite", 20, 3), *([("postgresql", 100, 2)] if PROGRAMS else [])]


@pytest.mark.parametrize(("database", "people", "edits"), CROWDS)
def test_a_crowd_that_labels_at_once_loses_nothing(
    database: str, people: int, edits: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'tokapp.db'}"
    if database == "postgresql":
        url = str(request.getfixturevalue("postgres")).format(name="postgres")
    label_at_once(tmp_path, url, people=people, edits=edits)


def label_at_once(folder: Path, database: str, *, people: int, edits: int) -> None:
    """Everybody marks words in a document of their own, then in one that all share."""
    store = Store(database)
    project, own, shared = prepare(store, people)
    app = start_app(folder, database=database)
    try:
        # In a thread of its own: where browser tests ran before, this one has a loop already.
        with ThreadPoolExecutor(1) as thread:
            everybody = thread.submit(asyncio.run, label_together(app.url, project, own, shared, edits)).result()
    finally:
        stop_app(app)
    counts = check(store, everybody, [*own, shared], edits)
    store.close()
    assert counts["stored"] >= people * (edits - 1)
    log = (folder / "server.log").read_text("utf-8", "replace")
    assert "locked" not in log and "page failed" not in log
