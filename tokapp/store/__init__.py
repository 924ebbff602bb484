"""The only door to the database: projects, documents, predictions, people's labels, models, jobs."""

from tokapp.store.filters import Sort
from tokapp.store.store import Store
from tokapp.store.values import (
    Activity,
    Added,
    DocumentFilter,
    DocumentRow,
    Edit,
    Event,
    JobKind,
    JobRow,
    JobState,
    Labelling,
    ModelRow,
    ModelState,
    Project,
    ProjectSummary,
    Snapshot,
    Status,
    Verb,
    WorkerRow,
)

__all__ = [
    "Activity",
    "Added",
    "DocumentFilter",
    "DocumentRow",
    "Edit",
    "Event",
    "JobKind",
    "JobRow",
    "JobState",
    "Labelling",
    "ModelRow",
    "ModelState",
    "Project",
    "ProjectSummary",
    "Snapshot",
    "Sort",
    "Status",
    "Store",
    "Verb",
    "WorkerRow",
]
