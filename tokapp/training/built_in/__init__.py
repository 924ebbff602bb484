"""The models that ship with tokapp: built from data by one command, and judged by another.

Each of `reviews`, `emails` and `rag` is a module with a `PLAN`; `plan.py` says what a plan consists of.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tokapp.errors import NotFound

__all__ = ["NAMES", "build", "evaluate"]

NAMES = ("reviews", "emails", "rag")


def build(name: str, data: Path, output: Path | None = None, *, say: Callable[[str], None] | None = None) -> Path:
    """Train a built-in model from the data folder and write it to `output`/`name` (default: where it ships).

    Validation selects, test is used once, for the figures on the card. An older folder is replaced when all is done.
    Raises NotFound for an unknown name, BadInput when the data is not there.
    """
    from tokapp.training.built_in.building import build_model

    return build_model(_known(name), data, output, say=say)


def evaluate(name: str, data: Path) -> str:
    """Score the shipped model on its held-out data beside its baselines; gives a table to print."""
    from tokapp.training.built_in.judging import evaluate_model

    return evaluate_model(_known(name), data)


def _known(name: str) -> str:
    if name not in NAMES:
        raise NotFound(f"there is no built-in model {name!r}; there are: {', '.join(NAMES)}")
    return name
