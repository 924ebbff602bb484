"""What a person may do, by name; light enough for a terminal to offer it before anything is loaded."""

from __future__ import annotations

from typing import Literal, TypeAlias

Role: TypeAlias = Literal["reader", "annotator", "reviewer", "admin"]
