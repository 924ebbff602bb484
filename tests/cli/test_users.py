"""Accounts in a terminal: added, listed, changed; passwords come in by standard input and never out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tokapp.store import Store

PASSWORD = "correct horse battery"


def tokapp(home: Path, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TOKAPP_HOME": str(home), "TOKAPP_AUTH": "none"}
    environment.pop("TOKAPP_DATABASE_URL", None)
    command = [sys.executable, "-m", "tokapp", *arguments]
    return subprocess.run(command, input=typed, env=environment, capture_output=True, text=True, check=False)


def test_an_account_from_its_beginning_to_its_end(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'tokapp.db'}")
    made = tokapp(tmp_path, "users", "add", "ada", "--role", "admin", "--email", "A@b.org", typed=PASSWORD + "\n")
    assert (made.returncode, made.stdout) == (0, "ada is added as admin\n")
    assert store.sign_in("ada", PASSWORD) is not None
    tokapp(tmp_path, "users", "add", "bob", "--role", "reader", "--no-password")
    assert tokapp(tmp_path, "users", "role", "bob", "reviewer").stdout == "bob is reviewer now\n"
    tokapp(tmp_path, "users", "password", "bob", typed=PASSWORD + "\n")
    tokapp(tmp_path, "users", "deactivate", "bob")
    listed = tokapp(tmp_path, "users", "list", "--json").stdout
    found = [
        (one["name"], one["role"], one["email"], one["is_active"], one["has_password"]) for one in json.loads(listed)
    ]
    assert found == [("ada", "admin", "a@b.org", True, True), ("bob", "reviewer", None, False, True)]
    assert "argon2" not in listed and "stamp" not in listed
    assert "bob" in tokapp(tmp_path, "users", "list").stdout
    store.close()


@pytest.mark.parametrize(
    ("arguments", "typed", "code", "says"),
    [
        (["add", "eve", "--role", "admin"], "", 1, "10 to 200 characters"),
        (["add", "eve", "--role", "king"], PASSWORD, 2, "king"),
        (["role", "nobody", "reader"], "", 1, "no account 'nobody'"),
        (["deactivate", "nobody"], "", 1, "no account 'nobody'"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    arguments: list[str], typed: str, code: int, says: str, tmp_path: Path
) -> None:
    done = tokapp(tmp_path, "users", *arguments, typed=typed)
    assert done.returncode == code and says in done.stderr and "Traceback" not in done.stderr


def test_without_sign_in_no_other_address_is_listened_on(tmp_path: Path) -> None:
    done = tokapp(tmp_path, "run", "--address", "0.0.0.0", "--no-worker")
    assert done.returncode == 1
    assert "127.0.0.1 only" in done.stderr and "TOKAPP_AUTH=local" in done.stderr
    assert not (tmp_path / "tokapp.db").exists()
