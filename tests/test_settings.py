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


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TOKAPP_DEVICE", "tpu"),
        ("TOKAPP_THREADS", "many"),
        ("TOKAPP_AUTH", "open"),
        ("TOKAPP_PRECISION", "int8"),
        ("TOKAPP_REDUCER", "mean"),
    ],
)
def test_a_bad_value_is_named(variable: str, value: str) -> None:
    with pytest.raises(BadInput, match=variable):
        Settings.from_environment({variable: value})


def test_code_of_models_is_allowed_one_by_one_at_a_commit() -> None:
    names = f"a/b@{'0' * 40}, c-d/e.f@{'1' * 40}"
    assert Settings.from_environment({"TOKAPP_REMOTE_CODE": names}).remote_code == set(names.split(", "))
    assert Settings.from_environment({}).remote_code == frozenset()


@pytest.mark.parametrize("name", ["*", "a/b", "a/b@main", "a/b@v1.0", f"b@{'0' * 40}", "a/b@0000000", "true", "1"])
def test_code_without_a_model_and_a_commit_is_not_allowed(name: str) -> None:
    with pytest.raises(BadInput, match="TOKAPP_REMOTE_CODE"):
        Settings.from_environment({"TOKAPP_REMOTE_CODE": name})


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_this_machine_needs_no_sign_in(address: str) -> None:
    Settings.from_environment({}).require_private(address)


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.1.2", "example.com", "", None])
def test_every_other_address_needs_it(address: str | None) -> None:
    with pytest.raises(BadInput, match="TOKAPP_AUTH=local"):
        Settings.from_environment({}).require_private(address)
    Settings.from_environment({"TOKAPP_AUTH": "local"}).require_private(address)


def test_a_home_that_is_a_file_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match="which is a file; name a folder"):
        Settings.from_environment({"TOKAPP_HOME": str(tmp_path / "file")})
