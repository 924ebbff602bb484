"""A home folder of its own for every test that runs the app."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st

from tokapp.store import Store


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("TOKAPP_HOME", str(tmp_path))
    monkeypatch.delenv("TOKAPP_DATABASE_URL", raising=False)
    monkeypatch.setenv("TOKAPP_USER", "ann")
    st.cache_resource.clear()
    opened = Store(f"sqlite:///{tmp_path / 'tokapp.db'}")
    yield opened
    opened.close()
    st.cache_resource.clear()
