"""Settings are read once from the environment; a bad value is named with what to use instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from tokapp.errors import BadInput
from tokapp.settings import Settings


def test_the_defaults_live_in_the_home_folder(tmp_path: Path) -> None:
    settings = Settings.from_environment({"TOKAPP_HOME": str(tmp_path)})
    assert settings.home == tmp_path
    assert settings.database_url == f"sqlite:///{tmp_path / 'tokapp.db'}"
    assert settings.device == "auto"


def test_the_home_folder_is_in_the_users_home_by_default() -> None:
    assert Settings.from_environment({}).home == (Path.home() / ".tokapp").resolve()


@pytest.mark.parametrize("name", ["cpu", "cuda", "cuda:1", "mps", "AUTO"])
def test_known_devices_are_taken(name: str) -> None:
    assert Settings.from_environment({"TOKAPP_DEVICE": name}).device == name.lower()


@pytest.mark.parametrize(("variable", "value"), [("TOKAPP_DEVICE", "tpu"), ("TOKAPP_THREADS", "many")])
def test_a_bad_value_is_named(variable: str, value: str) -> None:
    with pytest.raises(BadInput, match=variable):
        Settings.from_environment({variable: value})
