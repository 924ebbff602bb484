"""What the code imports is declared, what is declared is pinned, and nothing heavy slips into the core."""

from __future__ import annotations

import ast
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
CORE = {canonicalize_name(Requirement(line).name): Requirement(line) for line in PROJECT["dependencies"]}
PINS = {
    canonicalize_name(name): Version(version)
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    if "==" in line
    for name, _, version in [line.partition("==")]
}
OPTIONAL = {"psycopg", "ray", "trl", "datasets", "mlflow"}  # extras


def _imported() -> set[str]:
    roots: set[str] = set()
    for file in [ROOT / "app.py", *(ROOT / "pages").glob("*.py"), *(ROOT / "tokapp").rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                roots.update(alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                roots.add(node.module.split(".")[0])
    return roots - set(sys.stdlib_module_names) - {"tokapp"}


def test_every_import_is_a_declared_dependency() -> None:
    homes = packages_distributions()
    for name in sorted(_imported() - OPTIONAL):
        distributions = {canonicalize_name(distribution) for distribution in homes[name]}
        assert distributions & CORE.keys(), f"{name} is not declared"


def test_every_dependency_is_pinned_inside_its_range() -> None:
    extras = [Requirement(line) for lines in PROJECT["optional-dependencies"].values() for line in lines]
    for requirement in [*CORE.values(), *(one for one in extras if one.name != "tokapp")]:
        pin = PINS[canonicalize_name(requirement.name)]
        assert pin in requirement.specifier, f"{requirement.name} {pin} is outside of {requirement.specifier}"


def test_torch_is_pinned_exactly() -> None:
    assert str(CORE[canonicalize_name("torch")].specifier) == "==2.13.0"
