"""Prepare a home folder: database, built-in models, and sample projects with predictions and reasons to look at."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tokapp import places
from tokapp.documents import Document
from tokapp.settings import Settings
from tokapp.tasks import built_in_tasks, load_task

if TYPE_CHECKING:
    from tokapp.models import Model
    from tokapp.store import Store
    from tokapp.store.values import Project

_EXPLAINED = 6
_SAMPLES = ("reviews", "emails", "rag")


def prepare(settings: Settings, *, say: Callable[[str], None]) -> None:
    """Make the home folder ready; does nothing that is done already, and goes on where it was stopped.

    The first sample project gets its predictions and reasons here, so that there is something to look at; the others
    get theirs from the worker. Raises StoreUnavailable when the database cannot be opened.
    """
    from tokapp.store import Store

    settings.home.mkdir(parents=True, exist_ok=True)
    store = Store(settings.database_url)
    try:
        register_built_in_models(store)
        samples = _sample_projects(store, say)
        for index, project in enumerate(samples):
            _fill(store, project, settings, say, here=index == 0)
    finally:
        store.close()


def register_built_in_models(store: Store) -> None:
    """Enter every model that ships with tokapp into the store, and put it in use where its task has none."""
    known = {row.name for row in store.models()}
    for task in built_in_tasks():
        folder = places.data() / "models" / task.name
        if task.name in known or not (folder / "config.json").is_file():
            continue
        metrics = json.loads((folder / "metrics.json").read_text("utf-8"))
        store.add_model(name=task.name, task=task.name, metrics=metrics, is_built_in=True)
        if store.promoted(task.name) is None:
            store.promote(task.name, by="tokapp")


def _sample_projects(store: Store, say: Callable[[str], None]) -> list[Project]:
    existing = [summary.project for summary in store.projects()]
    if existing:
        return [project for project in existing if project.is_sample]
    made = []
    for name in _SAMPLES:
        file = places.data() / "samples" / f"{name}.jsonl"
        task = load_task(name)
        project = store.create_project(f"{task.title} (sample)", task, is_sample=True)
        added = store.add_documents(project.id, _read(file, name), source="sample")
        say(f"sample project {project.name!r}: {added.added} {task.noun}s")
        made.append(project)
    return made


def _read(file: Path, task_name: str) -> Iterator[Document]:
    from tokapp.formats import iter_documents

    return (item for item in iter_documents(file, load_task(task_name)) if isinstance(item, Document))


def _fill(store: Store, project: Project, settings: Settings, say: Callable[[str], None], *, here: bool) -> None:
    model = store.promoted(project.task.name)
    if model is None or not store.count_unpredicted(project.id, model.name):
        return
    if not here:
        store.enqueue("predict", project_id=project.id, payload={"model": model.name})
        short = store.shortest_documents(project.id, _EXPLAINED)  # their reasons are there soonest
        store.enqueue("explain", project_id=project.id, payload={"model": model.name, "document_ids": short})
        return
    from tokapp.models import load_model

    say(f"marking spans in {project.name!r}")
    loaded = load_model(model.name, settings=settings)
    _predict(store, project, loaded)
    _explain(store, project, loaded)


def _predict(store: Store, project: Project, model: Model) -> None:
    waiting = set(store.unpredicted(project.id, model.name))
    pairs = [(key, document) for key, document in store.iterate_documents(project.id) if key in waiting]
    predictions = model.predict([document for _, document in pairs])
    store.add_predictions(project.id, model.name, zip([key for key, _ in pairs], predictions, strict=True))


def _explain(store: Store, project: Project, model: Model) -> None:
    """Reasons for the first documents that have a span and are short enough to be quick."""
    done = 0
    for key, document in store.iterate_documents(project.id):
        prediction = store.prediction(key, model.name)
        if prediction is None or not prediction.spans or len(document.text) > 200:
            continue
        store.add_attributions(key, model.explain(document))
        done += 1
        if done == _EXPLAINED:
            return
