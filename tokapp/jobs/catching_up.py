"""What the model in use has not read yet, after another one came into use or an earlier one came back."""

from __future__ import annotations

from tokapp.store import JobRow, Store


def catch_up(store: Store, task: str) -> list[JobRow]:
    """Let the model in use read what it has not read, in each project of its task where any model has; the new jobs.

    What it had read before is stored still and counts again at once: predictions belong to a model and a text, and
    neither of them changes.
    """
    model = store.promoted(task)
    if model is None:
        return []
    projects = [one.project.id for one in store.projects() if one.project.task.name == task]
    return [
        store.enqueue("predict", project_id=project_id, payload={"model": model.name})
        for project_id in projects
        if store.is_predicted(project_id) and store.count_unpredicted(project_id, model.name)
    ]
