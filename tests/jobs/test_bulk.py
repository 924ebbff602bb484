"""Bulk jobs as a worker runs them, on a real SQLite file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tokapp.documents import Document
from tokapp.errors import JobCancelled
from tokapp.inference.resident import Resident
from tokapp.jobs.context import Context
from tokapp.jobs.handlers import find_handler
from tokapp.settings import Settings
from tokapp.store import Bulk, Piece, Store
from tokapp.tasks import Label, Task

TASK = Task("reviews", "Reviews", span_labels=(Label("feature", "#112233"),))
COUNT = 250


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings.from_environment({"TOKAPP_HOME": str(tmp_path_factory.mktemp("bulk"))})


@pytest.fixture(scope="module")
def store(settings: Settings) -> Iterator[Store]:
    opened = Store(settings.database_url)
    project = opened.create_project("p", TASK).id
    opened.add_documents(project, [Document(f"d{at}", f"slow search {at}") for at in range(COUNT)], source="f")
    yield opened
    opened.close()


def work(store: Store, settings: Settings, bulk: Bulk, *, stop: bool = False) -> dict[str, object]:
    """Run the job as a worker would."""
    payload = {"bulk": bulk.id, "by": "eva", "turn": bulk.turn}
    store.enqueue("bulk", project_id=bulk.project_id, payload=payload)
    job = store.claim("me")
    assert job is not None
    with Context(store, settings, job, "me", Resident(settings)) as context:
        if stop:
            context.stopping.set()
        result = dict(find_handler("bulk")(context, job))
    store.finish(job.id, "me", result)
    return result


def test_hundreds_of_documents_are_marked_and_undone_in_chunks(store: Store, settings: Settings) -> None:
    project = store.projects()[0].project.id
    bulk = store.begin_bulk(project, "add", store.piece_hits(project, Piece("search", "feature")), by="eva")
    with pytest.raises(JobCancelled):
        work(store, settings, bulk, stop=True)
    assert store.bulk(bulk.id).outcomes == {"waiting": COUNT}
    job = store.jobs(project, "bulk")[0]
    store.finish(job.id, "me", {})
    assert work(store, settings, bulk) == {"bulk": bulk.id, "done": COUNT}
    assert work(store, settings, store.turn_bulk(bulk.id, "undo", by="eva")) == {"bulk": bulk.id, "undone": COUNT}
    assert all(not document.spans for _, document in store.iterate_documents(project))
