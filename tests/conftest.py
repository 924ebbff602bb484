"""What tests on several floors start from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tokapp.store import Store


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with every table and no row, to be copied: making the tables takes longer than most tests."""
    file = tmp_path_factory.mktemp("migrated") / "tokapp.db"
    Store(f"sqlite:///{file}").close()
    return file
