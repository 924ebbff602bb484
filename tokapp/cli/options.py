"""Options that several verbs share, and what they resolve to."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tokapp.errors import BadInput
from tokapp.settings import Settings
from tokapp.tasks import Task, load_task, task_from_json

if TYPE_CHECKING:
    from tokapp.store import Store

task_option = click.option(
    "--task", "task_name", required=True, help="Built-in task (reviews, emails, rag) or task file."
)
model_option = click.option("--model", "model_name", help="Model version, folder or hub name [the promoted one].")
existing_file = click.Path(exists=True, dir_okay=False, path_type=Path)
new_file = click.Path(dir_okay=False, path_type=Path)


def settings() -> Settings:
    """The settings of this process."""
    return Settings.from_environment(os.environ)


@contextmanager
def open_store() -> Iterator[Store]:
    """The store of the home folder with the built-in models entered, closed at the end."""
    from tokapp.home import register_built_in_models
    from tokapp.store import Store

    chosen = settings()
    chosen.home.mkdir(parents=True, exist_ok=True)
    store = Store(chosen.database_url)
    try:
        register_built_in_models(store)
        yield store
    finally:
        store.close()


def find_task(name: str) -> Task:
    """A built-in task by name, or a task from a `.json` file; raises NotFound or BadInput."""
    if not name.endswith(".json"):
        return load_task(name)
    try:
        return task_from_json(json.loads(Path(name).read_text("utf-8")), where=name)
    except (OSError, ValueError) as error:
        raise BadInput(f"the task file cannot be read: {error}", where=name) from error


def chosen_model(task: Task, name: str | None) -> str:
    """The named model, else the promoted one of the task, else the built-in one of that name."""
    if name:
        return name
    with open_store() as store:
        promoted = store.promoted(task.name)
    return promoted.name if promoted else task.name
