"""The tasks that ship with tokapp, read from `data/tasks/*.json`."""

from __future__ import annotations

import json
from functools import lru_cache

from tokapp import places
from tokapp.errors import NotFound
from tokapp.tasks.task import Task, task_from_json


@lru_cache(maxsize=1)
def built_in_tasks() -> tuple[Task, ...]:
    """Every task that ships with tokapp, in the order of their names."""
    files = sorted((places.data() / "tasks").glob("*.json"))
    return tuple(task_from_json(json.loads(file.read_text("utf-8")), where=file.name) for file in files)


def load_task(name: str) -> Task:
    """The built-in task of that name; raises NotFound listing the names there are."""
    for task in built_in_tasks():
        if task.name == name:
            return task
    known = ", ".join(task.name for task in built_in_tasks())
    raise NotFound(f"no task {name!r}; there are: {known}")
