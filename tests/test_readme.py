"""The README names every verb, page, file format and setting there is, and its pictures exist."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from tokapp.cli import tokapp
from tokapp.formats import formats, readable_extensions

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def _verbs() -> list[str]:
    found = []
    for name, command in tokapp.commands.items():
        found += [name, *(command.commands if isinstance(command, click.Group) else [])]
    return found


@pytest.mark.parametrize("verb", _verbs())
def test_every_verb_is_named(verb: str) -> None:
    assert re.search(rf"\b{re.escape(verb)}\b", README)


@pytest.mark.parametrize("page", sorted(path.stem for path in (ROOT / "pages").glob("*.py") if path.stem != "home"))
def test_every_page_is_named(page: str) -> None:
    assert f"**{page.capitalize()}**" in README


@pytest.mark.parametrize("name", sorted({*formats(), *(one.lstrip(".") for one in readable_extensions())}))
def test_every_format_is_named(name: str) -> None:
    assert re.search(rf"\b{re.escape(name)}\b", README, re.IGNORECASE)


def test_every_setting_is_named() -> None:
    sources = [path.read_text("utf-8") for path in (ROOT / "tokapp").rglob("*.py")]
    for name in {name for source in sources for name in re.findall(r"\bTOKAPP_[A-Z_]+\b", source)}:
        assert f"`{name}`" in README, name


def test_its_pictures_exist() -> None:
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert len(pictures) >= 4
    assert all((ROOT / picture).is_file() for picture in pictures)


def test_its_two_commands_are_targets_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for command in re.findall(r"make ([a-z]+(?:-[a-z_]+)?)", README):
        assert re.search(rf"^[^#\n]*\b{command}\b[^\n]*:", makefile, re.MULTILINE), command
