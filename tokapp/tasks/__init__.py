"""What is being labelled: a task is data (labels, colours, keys, which part of the input carries the spans)."""

from tokapp.tasks.library import built_in_tasks, load_task
from tokapp.tasks.task import Label, Task, slug, task_from_json, task_to_json

__all__ = ["Label", "Task", "built_in_tasks", "load_task", "slug", "task_from_json", "task_to_json"]
