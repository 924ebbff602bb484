"""Options that several verbs share, and what they resolve to."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tokapp.errors import BadInput
from tokapp.settings import Settings
from tokapp.tasks import Task, load_task, task_from_json

if TYPE_CHECKING:
    from tokapp.documents import Document
    from tokapp.formats import Failure
    from tokapp.models import Model
    from tokapp.store import Store

_SHOWN = 20

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
    from tokapp.jobs.predict import model_in_use

    if name:
        return name
    with open_store() as store:
        return model_in_use(store, task.name)


def load_chosen(task: Task, name: str | None) -> Model:
    """The model to use for a task, loaded; raises BadInput for one that knows none of the task's labels."""
    from tokapp.inference.resident import check_fits
    from tokapp.models import load_model

    model = load_model(chosen_model(task, name), settings=settings())
    check_fits(model, task)
    return model


def read_file(file: Path, task: Task, *, all_reviewed: bool = False) -> list[Document]:
    """The usable documents of a file; the others are told on standard error. Raises BadInput when none is usable."""
    from tokapp.formats import read_report

    report = read_report(file, task, all_reviewed=all_reviewed)
    for note in report.notes:
        click.echo(f"  {file.name}: {note}", err=True)
    tell(report.failures)
    if not report.documents:
        raise BadInput(
            f"none of {len(report.failures)} documents is usable" if report.failures else "holds no documents",
            where=str(file),
        )
    return report.documents


def tell(failures: Sequence[Failure]) -> None:
    """Say on standard error what was left out, and why."""
    for failure in failures[:_SHOWN]:
        click.echo(f"  {failure.where}: {failure.reason}", err=True)
    if len(failures) > _SHOWN:
        click.echo(f"  and {len(failures) - _SHOWN} more", err=True)
