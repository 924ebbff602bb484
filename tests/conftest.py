"""What tests on several floors start from."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from tokapp.store import Store


@pytest.fixture(scope="session", autouse=True)
def keep_the_libraries_out_of_garbage() -> None:
    """accelerate collects garbage whenever a training begins: over all that is imported, longer than a tiny training.

    Test modules have imported the libraries by now; what they hold stays, and is not looked through any more.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with every table and no row, to be copied: making the tables takes longer than most tests."""
    file = tmp_path_factory.mktemp("migrated") / "tokapp.db"
    Store(f"sqlite:///{file}").close()
    return file
