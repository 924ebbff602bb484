"""When every connection of a process is in use, a person reads a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine

from tokapp.errors import StoreUnavailable
from tokapp.store import Store


def test_a_pool_without_a_free_connection_is_said_in_words(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'x.db'}")
    engine = create_engine(store.url, pool_size=1, max_overflow=0, pool_timeout=0.01)
    store._engine = engine
    with engine.connect(), pytest.raises(StoreUnavailable, match="too many people"):
        store.projects()
    engine.dispose()
    store.close()
