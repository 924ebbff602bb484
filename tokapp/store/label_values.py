"""What leaves the store about labels that were deleted, and about what uses a label."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RetiredLabel:
    """A deleted label: hidden for marking; `is_kept` says whether exports and training sets still hold it."""

    name: str
    is_kept: bool
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LabelUse:
    """What a label touches in a project.

    `spans` are people's, in every layer, by how many `people`; `documents` those in which people used it, for spans or
    as a whole; `suggestions` are spans of the `models`, and documents that they give the label.
    """

    spans: int
    people: int
    documents: int
    suggestions: int
    models: tuple[str, ...]
